/* The least that a client can do: connects, speaks on schedule, and counts the frames that it hears.
 * One thread, one epoll set, one buffer. It verifies nothing, and is the measure for all that do.
 *
 *   epoll_client PORT CONNECTIONS MESSAGES_PER_S SECONDS      prints the frames heard */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READY 1024
#define BUFFER 65536
#define TOGETHER 64
#define PADDING 76

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(int port)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (send(fd, request, sizeof request - 1, 0) < 0)
        die("send");
    return fd;
}

static void connect_all(int *sockets, int count, int port, int loop)
{
    char answer[1024];
    for (int start = 0; start < count; start += TOGETHER) {
        int stop = start + TOGETHER < count ? start + TOGETHER : count;
        for (int i = start; i < stop; i++)
            sockets[i] = dial(port);
        for (int i = start; i < stop; i++) {
            if (recv(sockets[i], answer, sizeof answer, 0) < 12 || memcmp(answer + 9, "101", 3))
                die("handshake");
            struct epoll_event event = {.events = EPOLLIN, .data.fd = sockets[i]};
            if (epoll_ctl(loop, EPOLL_CTL_ADD, sockets[i], &event) < 0)
                die("epoll_ctl");
        }
    }
}

/* A masked text frame (the mask is zero) of about 120 bytes: JSON with a number and a time. */
static void speak(int fd, int number, int64_t intended_ns)
{
    uint8_t frame[256] = {0x81, 0x80};
    int size = snprintf((char *)frame + 6, sizeof frame - 6, "{\"id\": %d, \"at\": %lld, \"text\": \"%.*s\"}",
                        number, (long long)intended_ns, PADDING,
                        "the quick brown fox jumps over the lazy dog; the quick brown fox jumps over it again");
    if (size > 125)
        size = 125;
    frame[1] |= size;
    if (send(fd, frame, size + 6, 0) < 0)
        die("send");
}

static uint64_t frames_in(const uint8_t *data, ssize_t count, uint64_t *numbers)
{
    uint64_t frames = 0;
    for (ssize_t at = 0; at + 2 <= count;) {
        size_t size = data[at + 1], head = 2;
        if (size == 126)
            size = data[at + 2] << 8 | data[at + 3], head = 4;
        *numbers += strtoull((const char *)data + at + head + 7, NULL, 10);
        at += head + size;
        frames++;
    }
    return frames;
}

int main(int count, char **arguments)
{
    static uint8_t buffer[BUFFER + 1];
    struct epoll_event ready[READY];
    if (count != 5) {
        fprintf(stderr, "usage: epoll_client PORT CONNECTIONS MESSAGES_PER_S SECONDS\n");
        return 4;
    }
    int connections = atoi(arguments[2]), number = 0, loop = epoll_create1(0);
    double rate = atof(arguments[3]);
    int *sockets = calloc(connections, sizeof *sockets);
    connect_all(sockets, connections, atoi(arguments[1]), loop);
    int64_t start = now_ns(), end = start + (int64_t)(atof(arguments[4]) * 1e9), due = start;
    uint64_t frames = 0, numbers = 0;
    while (now_ns() < end) {
        int64_t wait_ns = due - now_ns();
        if (wait_ns <= 0) {
            speak(sockets[number % connections], number, due);
            due = start + (int64_t)(++number * 1e9 / rate);
            continue;
        }
        struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
        int found = epoll_pwait2(loop, ready, READY, &wait, NULL);
        for (int i = 0; i < found; i++) {
            ssize_t got = recv(ready[i].data.fd, buffer, BUFFER, MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN))
                die("the server closed a connection");
            if (got > 0)
                frames += frames_in(buffer, got, &numbers);
        }
    }
    printf("%llu frames, %llu\n", (unsigned long long)frames, (unsigned long long)numbers);
    return 0;
}
