/*
 * loadtest/cpu.h - CPU seconds of named processes between two moments, from /proc; and of this one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CPU_NAME_MAX = 31 };

struct cpu {
    char name[CPU_NAME_MAX + 1];
    int pid;
    int64_t start_us, last_us; /* CPU time, user and system, all threads; in ticks of 10 ms */
    bool is_gone;              /* ended meanwhile: last_us is what was seen last */
};

bool cpu_read(const char *name_and_pid, struct cpu *out); /* NAME:PID; false: malformed, or no such process */
void cpu_start(struct cpu *cpu);
void cpu_sample(struct cpu *cpu);
double cpu_seconds(const struct cpu *cpu); /* since cpu_start() */
int64_t cpu_own_us(void);
