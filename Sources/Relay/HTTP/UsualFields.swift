internal import HTTPTypes
internal import RelayAPI

extension HTTPFields {
    /// The length of the body that follows a request's fields, where they say what those of an operation say in every way
    /// as usual; nil where they do not, or where that takes a closer look.
    ///
    /// In one look at all: to look one up by its name goes through all of them, and joins the values found to a new string.
    var usualLength: Int? {
        var mediaType: String?
        var length: Int?
        for field in self {
            switch field.name {
            case .contentType where mediaType == nil:
                mediaType = field.value
            case .contentLength where length == nil:
                guard let value = Int(field.value) else { return nil }
                length = value
            case .contentType, .contentLength, .connection, .expect:
                return nil
            default:
                continue
            }
        }
        return mediaType == RelayAPI.Operation.mediaType ? length : nil
    }
}
