internal import Coalition

/// `passphrase`: what opens the home from now on.
struct OpensRecord: Record {
    /// `passphrase` or `key-file`
    let method: String

    var json: JSONObject {
        var object = JSONObject()
        object.add("opens", method)
        return object
    }

    func lines(_ layout: Layout) -> [String] { layout.wrapped([Speech.text(.passphraseChanged)]) }
}
