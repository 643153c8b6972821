internal import Glibc

/// What a process that crashes leaves behind. libsodium keeps secrets out of it (`SecretMemory`), and nothing else: neither messages
/// on a member's device nor, on a relay, the capabilities that clients present.
public enum CrashTraces {
    /// Makes sure that this process leaves no core file, and that the system hands its core to no program either; and that
    /// Swift's backtracer, where it is installed, does not print registers and the memory that they point to.
    public static func forbid() {
        // With a limit of one byte, which no core fits into, Linux does not start a program that `core_pattern` names; with
        // none it does, and leaves it to the program to respect that (core(5), do_coredump).
        if !limitCores(to: 1) { limitCores(to: 0) }
        // Where more than none is not allowed, what such a program gets holds no memory.
        if let filter = fopen("/proc/self/coredump_filter", "w") {
            fputs("0", filter)
            fclose(filter)
        }
        for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    }

    /// - Returns: whether the system takes the limit; lowering it is never refused.
    @discardableResult
    private static func limitCores(to bytes: rlim_t) -> Bool {
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        return setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0
    }
}
