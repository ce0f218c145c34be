/*
 * loadtest/cpu.c - utime and stime of /proc/PID/stat.
 */
#include "loadtest/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { UTIME_FIELD = 14, COMM_FIELD = 2 };

/* The name in brackets may hold blanks and brackets: fields are counted from the last one. */
static bool ticks_read(const char *stat, unsigned long long *ticks)
{
    const char *at = strrchr(stat, ')');
    char *end;

    for (int field = COMM_FIELD; at != NULL && field < UTIME_FIELD; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return false;
    }
    *ticks = strtoull(at, &end, 10);
    *ticks += strtoull(end, &end, 10);
    return true;
}

static int64_t pid_us(int pid)
{
    char path[40], stat[1024];
    unsigned long long ticks;
    FILE *file;
    size_t len;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    len = fread(stat, 1, sizeof stat - 1, file);
    (void)fclose(file);
    stat[len] = '\0';
    return ticks_read(stat, &ticks) ? (int64_t)(ticks * 1000000ULL / (unsigned long long)sysconf(_SC_CLK_TCK))
                                    : -1;
}

bool cpu_read(const char *name_and_pid, struct cpu *out)
{
    const char *colon = strchr(name_and_pid, ':');
    char *end;
    long pid;

    *out = (struct cpu){.pid = 0};
    if (colon == NULL || colon == name_and_pid || colon - name_and_pid > CPU_NAME_MAX) {
        return false;
    }
    memcpy(out->name, name_and_pid, (size_t)(colon - name_and_pid));
    pid = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || pid < 1 || pid > INT32_MAX || pid_us((int)pid) < 0) {
        return false;
    }
    out->pid = (int)pid;
    return true;
}

void cpu_sample(struct cpu *cpu)
{
    int64_t now_us = cpu->is_gone ? -1 : pid_us(cpu->pid);

    cpu->is_gone = now_us < 0;
    cpu->last_us = now_us < 0 ? cpu->last_us : now_us;
}

void cpu_start(struct cpu *cpu)
{
    cpu_sample(cpu);
    cpu->start_us = cpu->last_us;
}

double cpu_seconds(const struct cpu *cpu)
{
    return (double)(cpu->last_us - cpu->start_us) / 1e6;
}

int64_t cpu_own_us(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}
