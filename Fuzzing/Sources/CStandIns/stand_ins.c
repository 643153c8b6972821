/*
 * Stand-ins for libsodium's public-key primitives, which cost a hundred times as much as all that is fuzzed around them.
 * The program's own functions go before those of a shared library, so that nothing else need know of them.
 *
 * Whoever has a public key can compute all that its private key can. No fuzzer does, and each primitive keeps what the
 * protocol relies on: both sides of an X25519 agree, and a signature fits one key and one message.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

#include "stand_ins.h"

static int is_aside;

void stand_aside(void) { is_aside = 1; }

#define OR_LIBSODIUM(name, ...)                                    \
    if (is_aside) {                                                \
        static __typeof__(&name) own;                              \
        if (!own) own = (__typeof__(&name)) dlsym(RTLD_NEXT, #name); \
        return own(__VA_ARGS__);                                   \
    }

/* A public key is its private key, changed beyond being taken for it. */
static const unsigned char mask = 0x5a;

int crypto_scalarmult_curve25519_base(unsigned char *public_key, const unsigned char *scalar) {
    OR_LIBSODIUM(crypto_scalarmult_curve25519_base, public_key, scalar)
    for (int i = 0; i < 32; i++) public_key[i] = scalar[i] ^ mask;
    return 0;
}

int crypto_scalarmult_curve25519(unsigned char *shared, const unsigned char *scalar, const unsigned char *point) {
    OR_LIBSODIUM(crypto_scalarmult_curve25519, shared, scalar, point)
    if (sodium_is_zero(point, 32)) return -1;
    for (int i = 0; i < 32; i++) shared[i] = scalar[i] + (point[i] ^ mask);
    return 0;
}

int crypto_sign_ed25519_seed_keypair(unsigned char *public_key, unsigned char *key, const unsigned char *seed) {
    OR_LIBSODIUM(crypto_sign_ed25519_seed_keypair, public_key, key, seed)
    crypto_generichash(public_key, 32, seed, 32, NULL, 0);
    memcpy(key, seed, 32);
    memcpy(key + 32, public_key, 32);
    return 0;
}

int crypto_sign_ed25519_detached(
    unsigned char *signature, unsigned long long *signature_length, const unsigned char *message,
    unsigned long long length, const unsigned char *key
) {
    OR_LIBSODIUM(crypto_sign_ed25519_detached, signature, signature_length, message, length, key)
    if (signature_length) *signature_length = 64;
    return crypto_generichash(signature, 64, message, length, key + 32, 32);
}

int crypto_sign_ed25519_verify_detached(
    const unsigned char *signature, const unsigned char *message, unsigned long long length,
    const unsigned char *public_key
) {
    OR_LIBSODIUM(crypto_sign_ed25519_verify_detached, signature, message, length, public_key)
    unsigned char expected[64];
    crypto_generichash(expected, 64, message, length, public_key, 32);
    return memcmp(signature, expected, 64) == 0 ? 0 : -1;
}
