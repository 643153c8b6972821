internal import RelayAPI

/// What came of a request, where a refusal is an answer too: everything else is thrown.
///
/// Functions of their own, not conditional `catch` clauses where they are used: around an `await` in a loop the compiler
/// (Swift 6.3.1) does not come to an end on those.
extension Relay {
    func answer(to request: AppendRequest) async throws(RelayError) -> Result<AppendResponse, Problem> {
        do throws(RelayError) { return .success(try await append(request)) } catch {
            return .failure(try error.refusal())
        }
    }

    func answer(to request: AdvanceRequest) async throws(RelayError) -> Result<AppendResponse, Problem> {
        do throws(RelayError) { return .success(try await advance(request)) } catch {
            return .failure(try error.refusal())
        }
    }

    func answer(to request: ReadRequest) async throws(RelayError) -> Result<ReadResponse, Problem> {
        do throws(RelayError) { return .success(try await read(request)) } catch {
            return .failure(try error.refusal())
        }
    }

    /// - Parameter given: an answer that is there already.
    func answer(
        to request: ReadRequest,
        given: ReadResponse?
    ) async throws(RelayError) -> Result<ReadResponse, Problem> {
        if let given { return .success(given) }
        return try await answer(to: request)
    }

    func answer(to request: TakeRequest) async throws(RelayError) -> Result<TakeResponse, Problem> {
        do throws(RelayError) { return .success(try await take(request)) } catch {
            return .failure(try error.refusal())
        }
    }

    func answer(to request: BlobGetRequest) async throws(RelayError) -> Result<BlobGetResponse, Problem> {
        do throws(RelayError) { return .success(try await getPart(request)) } catch {
            return .failure(try error.refusal())
        }
    }
}

extension RelayError {
    /// The problem that it is; thrown on when it is none.
    fileprivate func refusal() throws(RelayError) -> Problem {
        guard case .problem(let problem) = self else { throw self }
        return problem
    }
}
