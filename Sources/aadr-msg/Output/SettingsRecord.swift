internal import Coalition

/// `settings`: what people have chosen for this device.
struct SettingsRecord: Record {
    let confirmsReading: Bool

    var json: JSONObject {
        var object = JSONObject()
        object.add("readReceipts", confirmsReading)
        return object
    }

    func lines(_ layout: Layout) -> [String] {
        layout.wrapped([Speech.text(confirmsReading ? .readReceiptsOn : .readReceiptsOff)])
    }
}
