/* A WebSocket server that does nothing but broadcast: every text message that it hears goes to every
 * connection as it is. One thread, one epoll set.
 *
 *   broadcast_server RECORD CAPACITY      prints its port
 *
 * RECORD is a file that others may map while it runs: the header below, then CAPACITY samples, one a
 * delivery: the time that the message carries (its first run of eleven digits or more) and the time at
 * which it was written to the recipient's socket, both in nanoseconds of CLOCK_MONOTONIC. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 65536
#define INPUT 16384
#define READY 1024

struct sample {
    int64_t stamp_ns, written_ns;
};

struct record {
    uint64_t open;
    uint64_t first_handshake_ns, last_handshake_ns; /* since nobody was connected */
    uint64_t deliveries;
    struct sample samples[];
};

struct peer {
    int up;           /* the handshake is done */
    int place;        /* in `members` */
    size_t length;    /* of what was read and not understood yet */
    char *unsent;     /* what the kernel did not take */
    size_t unsent_length;
    char input[INPUT];
};

static struct peer *peers[MOST];
static int members[MOST];
static int member_count;
static struct record *record;
static uint64_t capacity;
static int loop;

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

/* SHA-1 (RFC 3174) of at most 119 bytes: enough for a key and its GUID. */
static void sha1(const char *text, size_t length, uint8_t digest[20])
{
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t block[128] = {0};
    size_t total = length < 56 ? 64 : 128;
    memcpy(block, text, length);
    block[length] = 0x80;
    for (int i = 0; i < 8; i++)
        block[total - 1 - i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
    for (size_t start = 0; start < total; start += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)block[start + 4 * i] << 24 | block[start + 4 * i + 1] << 16
                 | block[start + 4 * i + 2] << 8 | block[start + 4 * i + 3];
        for (int i = 16; i < 80; i++) {
            uint32_t x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
            w[i] = x << 1 | x >> 31;
        }
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? ((b & c) | (~b & d)) + 0x5A827999
                       : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                       : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                : (b ^ c ^ d) + 0xCA62C1D6;
            uint32_t next = (a << 5 | a >> 27) + f + e + w[i];
            e = d, d = c, c = b << 30 | b >> 2, b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++)
        digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const uint8_t digest[20], char text[29])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 7; i++) {
        uint32_t three = digest[3 * i] << 16 | digest[3 * i + 1] << 8 | (i < 6 ? digest[3 * i + 2] : 0);
        for (int j = 0; j < 4; j++)
            text[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    text[27] = '=';
    text[28] = 0;
}

static void drop(int fd)
{
    struct peer *peer = peers[fd];
    if (peer->up) {
        members[peer->place] = members[--member_count];
        peers[members[peer->place]]->place = peer->place;
        record->open = member_count;
    }
    free(peer->unsent);
    free(peer);
    peers[fd] = NULL;
    close(fd);
}

static void watch(int fd, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(loop, operation, fd, &event) < 0)
        die("epoll_ctl");
}

/* Never waits: what the kernel does not take is kept until it does. */
static void put(int fd, const char *data, size_t length)
{
    struct peer *peer = peers[fd];
    ssize_t sent = peer->unsent_length ? 0 : send(fd, data, length, MSG_NOSIGNAL);
    if (sent < 0)
        sent = 0; /* a broken connection shows when it is read */
    if ((size_t)sent == length)
        return;
    peer->unsent = realloc(peer->unsent, peer->unsent_length + length - sent);
    memcpy(peer->unsent + peer->unsent_length, data + sent, length - sent);
    peer->unsent_length += length - sent;
    watch(fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void put_more(int fd)
{
    struct peer *peer = peers[fd];
    ssize_t sent = send(fd, peer->unsent, peer->unsent_length, MSG_NOSIGNAL);
    if (sent <= 0)
        return;
    peer->unsent_length -= sent;
    memmove(peer->unsent, peer->unsent + sent, peer->unsent_length);
    if (!peer->unsent_length)
        watch(fd, EPOLL_CTL_MOD, EPOLLIN);
}

static int64_t stamp_of(const char *text, size_t length)
{
    int64_t value = 0;
    int digits = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] >= '0' && text[i] <= '9') {
            value = value * 10 + (text[i] - '0');
            digits++;
        } else {
            if (digits > 10)
                return value;
            value = digits = 0;
        }
    }
    return 0;
}

static void broadcast(const char *text, size_t length)
{
    static char frame[INPUT + 4];
    size_t head = length < 126 ? 2 : 4;
    int64_t stamp_ns = stamp_of(text, length);
    frame[0] = (char)0x81;
    frame[1] = length < 126 ? (char)length : 126;
    if (head == 4)
        frame[2] = (char)(length >> 8), frame[3] = (char)length;
    memcpy(frame + head, text, length);
    for (int i = 0; i < member_count; i++) {
        if (record->deliveries < capacity)
            record->samples[record->deliveries++] = (struct sample){stamp_ns, now_ns()};
        put(members[i], frame, head + length);
    }
}

static void shake_hands(int fd)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    struct peer *peer = peers[fd];
    char joined[64], accept[29], answer[256];
    uint8_t digest[20];
    peer->input[peer->length] = 0;
    char *end = strstr(peer->input, "\r\n\r\n"), *key = strcasestr(peer->input, "sec-websocket-key:");
    if (!end || !key)
        return;
    key += strlen("sec-websocket-key:");
    key += strspn(key, " ");
    memcpy(joined, key, 24);
    memcpy(joined + 24, guid, 36);
    sha1(joined, 60, digest);
    base64(digest, accept);
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    peer->length = 0;
    peer->up = 1;
    peer->place = member_count;
    members[member_count++] = fd;
    record->open = member_count;
    record->last_handshake_ns = now_ns();
    if (member_count == 1)
        record->first_handshake_ns = record->last_handshake_ns;
    put(fd, answer, length);
}

/* Take one frame; 0 when it is not whole yet, -1 when the connection is to be dropped. */
static int take_frame(int fd)
{
    struct peer *peer = peers[fd];
    uint8_t *data = (uint8_t *)peer->input;
    if (peer->length < 6)
        return 0;
    size_t size = data[1] & 0x7F, head = 2;
    if (size == 127 || !(data[1] & 0x80))
        return -1;
    if (size == 126)
        size = data[2] << 8 | data[3], head = 4;
    if (peer->length < head + 4 + size)
        return 0;
    uint8_t *mask = data + head, *payload = mask + 4, opcode = data[0] & 0x0F;
    for (size_t i = 0; i < size; i++)
        payload[i] ^= mask[i & 3];
    if (opcode == 8) {
        char close_frame[127] = {(char)0x88, (char)size};
        memcpy(close_frame + 2, payload, size);
        put(fd, close_frame, size + 2);
        return -1;
    }
    if (opcode == 1)
        broadcast((char *)payload, size);
    peer->length -= head + 4 + size;
    memmove(data, payload + size, peer->length);
    return 1;
}

static void hear(int fd)
{
    struct peer *peer = peers[fd];
    ssize_t count = recv(fd, peer->input + peer->length, INPUT - 1 - peer->length, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        drop(fd);
        return;
    }
    peer->length += count;
    if (!peer->up) {
        shake_hands(fd);
        return;
    }
    int more;
    while ((more = take_frame(fd)) > 0)
        ;
    if (more < 0)
        drop(fd);
}

static void welcome(int listener)
{
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST || !(peers[fd] = calloc(1, sizeof(struct peer))))
            die("too many connections");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void open_record(const char *path)
{
    size_t size = sizeof(struct record) + capacity * sizeof(struct sample);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, size) < 0)
        die(path);
    record = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (record == MAP_FAILED)
        die("mmap");
}

int main(int count, char **arguments)
{
    struct epoll_event ready[READY];
    if (count != 3) {
        fprintf(stderr, "usage: broadcast_server RECORD CAPACITY\n");
        return 4;
    }
    capacity = strtoull(arguments[2], NULL, 10);
    open_record(arguments[1]);
    loop = epoll_create1(0);
    int listener = listen_somewhere();
    watch(listener, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        int found = epoll_wait(loop, ready, READY, -1);
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                welcome(fd);
                continue;
            }
            if (peers[fd] && ready[i].events & EPOLLOUT)
                put_more(fd);
            if (peers[fd] && ready[i].events & ~EPOLLOUT)
                hear(fd);
        }
    }
}
