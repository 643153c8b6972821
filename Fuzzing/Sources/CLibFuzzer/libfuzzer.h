#include <stddef.h>
#include <stdint.h>

/* libFuzzer as a library: https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *data, size_t size));

/* LeakSanitizer looks at nothing that is allocated between the two. */
void __lsan_disable(void);
void __lsan_enable(void);
