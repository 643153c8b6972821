/* Whether libsodium's own X25519 and Ed25519 compute, in the place of the stand-ins. */
void stand_aside(void);
