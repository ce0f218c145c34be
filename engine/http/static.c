/*
 * http/static.c - reads the folder once, then answers from memory with ETag and security headers.
 */
#include "http/static.h"

#include "base/crypto.h"
#include "base/log.h"
#include "http/chars.h"
#include "http/http_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOTAL_MAX = 64 << 20, FILES_MAX = 4096, DEPTH_MAX = 16, ETAG_HEX = 32 };

struct static_file {
    char *name; /* "/assets/app.js" */
    char *bytes;
    size_t len;
    const char *content_type;
    char etag[ETAG_HEX + 3]; /* with its quotes */
    char *block;             /* header lines */
};

struct static_files {
    struct static_file *files; /* sorted by name */
    size_t count, cap, total;
};

static const char *const TYPES[][2] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".gif", "image/gif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".mp3", "audio/mpeg"},
    {".txt", "text/plain; charset=utf-8"},
    {".yaml", "application/yaml"},
};

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (strcmp(dot, TYPES[i][0]) == 0) {
            return TYPES[i][1];
        }
    }
    return "application/octet-stream";
}

/* Names under /assets/ carry a hash of their content; everything else is asked for again each time. */
static char *block_of(const struct static_file *file)
{
    bool hashed = strncmp(file->name, "/assets/", 8) == 0;
    char *block = NULL;
    int len =
        asprintf(&block,
                 "ETag: %s\r\nCache-Control: %s\r\n"
                 "Content-Security-Policy: default-src 'self'; base-uri 'none'; frame-ancestors 'self'\r\n"
                 "Referrer-Policy: no-referrer\r\n",
                 file->etag,
                 hashed ? "public, max-age=31536000, immutable" : "no-cache");

    return len < 0 ? NULL : block;
}

static void etag_make(struct static_file *file)
{
    uint8_t hash[SHA256_BYTES];
    char hex[ETAG_HEX + 1];

    sha256(file->bytes, file->len, hash);
    hex_encode(hash, ETAG_HEX / 2, hex);
    (void)snprintf(file->etag, sizeof file->etag, "\"%s\"", hex);
}

static void file_free(struct static_file *file)
{
    free(file->name);
    free(file->bytes);
    free(file->block);
}

static bool bytes_read(int fd, struct static_file *file)
{
    size_t used = 0;

    file->bytes = malloc(file->len + 1);
    while (file->bytes != NULL && used < file->len) {
        ssize_t got = read(fd, file->bytes + used, file->len - used);

        if (got <= 0) {
            return false;
        }
        used += (size_t)got;
    }
    return file->bytes != NULL;
}

static bool files_grow(struct static_files *files)
{
    size_t cap = files->cap == 0 ? 16 : files->cap * 2;
    struct static_file *grown;

    if (files->count < files->cap) {
        return true;
    }
    grown = files->count < FILES_MAX ? realloc(files->files, cap * sizeof *grown) : NULL;
    if (grown == NULL) {
        return false;
    }
    files->files = grown;
    files->cap = cap;
    return true;
}

static bool file_add(struct static_files *files, int fd, const char *name, size_t len)
{
    struct static_file file = {.name = strdup(name), .len = len, .content_type = type_of(name)};

    if (file.name == NULL || len > TOTAL_MAX - files->total || !files_grow(files) || !bytes_read(fd, &file)) {
        file_free(&file);
        return false;
    }
    etag_make(&file);
    file.block = block_of(&file);
    if (file.block == NULL) {
        file_free(&file);
        return false;
    }
    files->total += len;
    files->files[files->count++] = file;
    return true;
}

static bool dir_add(struct static_files *files, int fd, const char *prefix, int depth);

/* No symbolic links: what is served is what lies in the folder. */
static bool entry_add(struct static_files *files, int dir, const char *prefix, const char *entry, int depth)
{
    char name[1024];
    struct stat info;
    int len = snprintf(name, sizeof name, "%s/%s", prefix, entry);
    int fd;
    bool ok = true;

    if (entry[0] == '.' || len < 0 || (size_t)len >= sizeof name) {
        return true;
    }
    fd = openat(dir, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        ok = fd < 0 && errno == ELOOP;
    } else if (S_ISDIR(info.st_mode)) {
        return dir_add(files, fd, name, depth + 1);
    } else if (S_ISREG(info.st_mode)) {
        ok = file_add(files, fd, name, (size_t)info.st_size);
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Takes fd over. */
static bool dir_add(struct static_files *files, int fd, const char *prefix, int depth)
{
    DIR *dir = depth <= DEPTH_MAX ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool ok = true;

    if (dir == NULL) {
        close(fd);
        return false;
    }
    while (ok && (entry = readdir(dir)) != NULL) {
        ok = entry_add(files, fd, prefix, entry->d_name, depth);
    }
    closedir(dir);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    const struct static_file *left = a, *right = b;

    return strcmp(left->name, right->name);
}

hb_err static_files_new(const char *dir, struct static_files **out)
{
    struct static_files *files;
    int fd;

    *out = NULL;
    if (dir == NULL || dir[0] == '\0') {
        return HB_OK;
    }
    files = calloc(1, sizeof *files);
    if (files == NULL) {
        return HB_E_NOMEM;
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !dir_add(files, fd, "", 0)) {
        log_error("http.static_refused", "dir=%s errno=%d", dir, errno);
        static_files_free(files);
        return HB_E_IO;
    }
    if (files->count > 0) {
        qsort(files->files, files->count, sizeof files->files[0], by_name);
    }
    *out = files;
    return HB_OK;
}

void static_files_free(struct static_files *files)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        file_free(&files->files[i]);
    }
    if (files != NULL) {
        free(files->files);
        free(files);
    }
}

const struct static_file *static_find(const struct static_files *files, struct http_text path)
{
    char name[1024];
    struct static_file key = {.name = name};
    const char *index = path.len > 0 && path.at[path.len - 1] == '/' ? "index.html" : "";

    if (files == NULL || files->count == 0 || path.len + strlen(index) >= sizeof name ||
        !chars_unescape(path.at, path.len, /* plus_is_blank= */ false, name, &path.len)) {
        return NULL;
    }
    memcpy(name + path.len, index, strlen(index) + 1);
    return bsearch(&key, files->files, files->count, sizeof files->files[0], by_name);
}

/* If-None-Match: a list of tags or `*`; weak ones compare as strong ones do here. */
static bool client_has_it(const struct http_call *call, const struct static_file *file)
{
    struct http_text tags, tag;

    if (!http_call_header(call, "if-none-match", &tags)) {
        return false;
    }
    while (text_list_next(&tags, &tag)) {
        if (tag.len > 2 && memcmp(tag.at, "W/", 2) == 0) {
            tag = (struct http_text){tag.at + 2, tag.len - 2};
        }
        if (text_equal(tag, "*") || text_equal(tag, file->etag)) {
            return true;
        }
    }
    return false;
}

void static_send(struct http_call *call, const struct static_file *file)
{
    bool same = client_has_it(call, file);
    const struct reply reply = {
        .status = same ? 304 : 200,
        .content_type = same ? NULL : file->content_type,
        .body = {file->bytes, same ? 0 : file->len},
        .block = {file->block, strlen(file->block)},
        .borrowed = true,
    };

    reply_send(call, &reply);
}
