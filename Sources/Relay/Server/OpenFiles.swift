internal import Glibc

/// How many files, and so connections, a process may have open.
public enum OpenFiles {
    /// Takes as many as the system lets it. What processes are started with is 1,024 nearly everywhere, for the sake of
    /// programs that use `select`; each subscriber holds one.
    public static func allowAll() {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
