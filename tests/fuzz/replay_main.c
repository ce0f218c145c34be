/*
 * tests/fuzz/replay_main.c - runs every file of a corpus folder through a fuzz entry point.
 *
 * Fails when the folder has no file: a corpus that was lost must not look like one that passed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_MAX_BYTES);
    int failed = file == NULL || bytes == NULL;

    if (!failed) {
        size_t len = fread(bytes, 1, FILE_MAX_BYTES, file);
        uint8_t *exact = malloc(len > 0 ? len : 1); /* so that the address sanitizer sees its end */

        failed = ferror(file) != 0 || exact == NULL;
        for (size_t i = 0; !failed && i < len; i++) {
            exact[i] = bytes[i];
        }
        if (!failed) {
            (void)LLVMFuzzerTestOneInput(exact, len);
        }
        free(exact);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(bytes);
    return failed;
}

static int replay_entry(const char *folder, const char *name, int *count)
{
    char path[4096];

    if (name[0] == '.') {
        return 0;
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    *count += 1;
    if (replay_file(path) != 0) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    return 0;
}

static int replay_folder(const char *folder, int *count)
{
    DIR *dir = opendir(folder);
    int failures = dir == NULL;

    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL; entry = readdir(dir)) {
        failures += replay_entry(folder, entry->d_name, count);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return failures;
}

int main(int argc, char **argv)
{
    int count = 0;
    int failures = argc == 2 ? replay_folder(argv[1], &count) : 1;

    (void)fprintf(stderr, "%d files replayed\n", count);
    return failures == 0 && count > 0 ? 0 : 1;
}
