/*
 * http/listener.c - socket calls behind listener.h.
 */
#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t address_fill(union any_address *out, const char *text, uint16_t port)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return sizeof out->v4;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return sizeof out->v6;
    }
    return 0;
}

/* The kernel takes that much ahead of what it can send. Without it a client that does not read costs
 * megabytes of kernel memory and the time to copy them, and one that reads slowly looks for seconds as if it
 * did not read at all. Who reads well takes it as fast as it is filled. */
static void unsent_bound(int fd)
{
    const int bytes = 16384;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

static bool switch_on(int fd, int level, int option)
{
    const int on = 1;

    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

int listener_open(const char *address, uint16_t port, int backlog)
{
    union any_address at;
    socklen_t len = address_fill(&at, address, port);
    int fd;

    if (len == 0) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    unsent_bound(fd);
    if (!switch_on(fd, SOL_SOCKET, SO_REUSEADDR) || !switch_on(fd, SOL_SOCKET, SO_REUSEPORT) ||
        !switch_on(fd, IPPROTO_TCP, TCP_NODELAY) || bind(fd, &at.any, len) != 0 || listen(fd, backlog) != 0) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

bool listener_port_free(const char *address, uint16_t port)
{
    union any_address at;
    socklen_t len = address_fill(&at, address, port);
    int fd = len == 0 ? -1 : socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = false;

    if (fd >= 0) {
        bound = switch_on(fd, SOL_SOCKET, SO_REUSEADDR) && bind(fd, &at.any, len) == 0;
        close(fd);
    }
    return bound;
}

uint16_t listener_port(int fd)
{
    union any_address at = {.v6 = {0}};
    socklen_t len = sizeof at;

    if (getsockname(fd, &at.any, &len) != 0) {
        return 0;
    }
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

/* The filter sees the TCP header; byte 13 holds the flags. Where a kernel has none, a few clients may be
 * reset. */
void listener_deafen(int fd)
{
    enum { FLAGS = 13, SYN = 0x02 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};

    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int listener_accept(int fd, struct http_address *peer)
{
    union any_address at = {.v6 = {0}};
    socklen_t len = sizeof at;
    int accepted = accept4(fd, &at.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (accepted >= 0) {
        address_of(&at.any, peer);
    }
    return accepted;
}
