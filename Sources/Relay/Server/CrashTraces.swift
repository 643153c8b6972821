internal import Glibc

/// What a process that crashes leaves behind: a relay's memory holds capabilities and tokens that clients present.
public enum CrashTraces {
    /// Makes sure that this process leaves no core file, and that programs which the system hands cores to, and which
    /// respect this limit as systemd's and Ubuntu's do, keep none; and that Swift's backtracer, where it is installed,
    /// does not print registers and the memory that they point to.
    public static func forbid() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        // Lowering a limit is never refused.
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    }
}
