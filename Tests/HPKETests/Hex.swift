extension [UInt8] {
    /// Bytes written in hexadecimal, white space ignored.
    init(hex text: String) {
        let digits = text.filter { !$0.isWhitespace }.map { $0.hexDigitValue ?? 0 }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
