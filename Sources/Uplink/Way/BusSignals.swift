#if os(Linux)
  import CSystemd
  import Dispatch

  /// What systemd-networkd and NetworkManager say of the link over the system's D-Bus.
  ///
  /// The kernel tells of addresses; these two also know whether something lies behind them, such as a
  /// marina's sign-in page that somebody has just filled in. Neither is needed: without a bus, or
  /// without them on it, the hub hears the kernel only. Nothing is polled. The bus daemon sees to it
  /// that only the owner of either's name is heard, and what is heard is a hint and no more.
  final class BusSignals: Sendable {
    private let box: Box

    /// Touched on its queue only, which all calls of sd-bus happen on.
    private final class Box: @unchecked Sendable {
      let queue = DispatchQueue(label: "quartermaster.bus")
      var bus: OpaquePointer?
      var source: (any DispatchSourceRead)?
      var slots: [OpaquePointer] = []
      var isStopped = false
      let onChange: @Sendable (Links.Change) -> Void

      init(_ onChange: @escaping @Sendable (Links.Change) -> Void) {
        self.onChange = onChange
      }
    }

    private static let rules = [
      "type='signal',sender='org.freedesktop.network1',path='/org/freedesktop/network1',"
        + "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
      "type='signal',sender='org.freedesktop.NetworkManager',path='/org/freedesktop/NetworkManager',"
        + "interface='org.freedesktop.NetworkManager',member='StateChanged'",
      "type='signal',sender='org.freedesktop.NetworkManager',path='/org/freedesktop/NetworkManager',"
        + "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
    ]

    /// Listens as soon as the bus lets it; where there is none, never.
    init(onChange: @escaping @Sendable (Links.Change) -> Void) {
      box = Box(onChange)
      box.queue.async { [box] in Self.open(box) }
    }

    private static func open(_ box: Box) {
      var bus: OpaquePointer?
      guard !box.isStopped, sd_bus_open_system(&bus) >= 0, let bus else { return }
      for rule in rules {
        var slot: OpaquePointer?
        let context = Unmanaged.passUnretained(box).toOpaque()
        let added = sd_bus_add_match_async(
          bus, &slot, rule,
          { message, context, _ in
            guard let message, let context else { return 0 }
            let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
            if let change = BusSignals.change(in: message) { box.onChange(change) }
            return 0
          }, nil, context)
        if added >= 0, let slot { box.slots.append(slot) }
      }
      let file = sd_bus_get_fd(bus)
      guard file >= 0, box.slots.count == rules.count else {
        sd_bus_flush_close_unref(bus)
        return
      }
      box.bus = bus
      let source = DispatchSource.makeReadSource(fileDescriptor: file, queue: box.queue)
      // The box lives until the source has been cancelled: no callback finds it gone.
      source.setEventHandler { process(box) }
      source.setCancelHandler { close(box) }
      box.source = source
      source.activate()
      process(box)
    }

    private static func process(_ box: Box) {
      while let bus = box.bus {
        let done = sd_bus_process(bus, nil)
        if done < 0 { return close(box) }
        if done == 0 {
          sd_bus_flush(bus)
          return
        }
      }
    }

    /// A bus that went away is not looked for again: the kernel still rings.
    private static func close(_ box: Box) {
      guard let bus = box.bus else { return }
      box.bus = nil
      box.source?.cancel()
      for slot in box.slots { sd_bus_slot_unref(slot) }
      box.slots = []
      sd_bus_close_unref(bus)
    }

    func stop() {
      box.queue.async { [box] in
        box.isStopped = true
        box.source?.cancel()
        box.source = nil
      }
    }

    /// What a message means for the way ashore; `nil` for one that says nothing of it.
    private static func change(in message: OpaquePointer) -> Links.Change? {
      if sd_bus_message_is_signal(message, nil, "StateChanged") > 0 {
        var state: UInt32 = 0
        guard sd_bus_message_read_basic(message, CChar(UInt8(ascii: "u")), &state) > 0 else {
          return nil
        }
        return networkManager(state: state)
      }
      return properties(of: message).lazy.compactMap(meaning).first
    }

    /// NMState: 70 is connected to all, 20 is disconnected (NetworkManager.h).
    static func networkManager(state: UInt32) -> Links.Change? {
      switch state {
      case 70: .gained
      case 20: .lost
      default: nil
      }
    }

    /// `OnlineState` of networkd (org.freedesktop.network1(5)) and `Connectivity` of NetworkManager,
    /// where 4 is full.
    static func meaning(of property: (name: String, value: String)) -> Links.Change? {
      switch property {
      case ("OnlineState", "online"), ("Connectivity", "4"): .gained
      case ("OnlineState", "offline"): .lost
      default: nil
      }
    }

    /// The texts and numbers of `sa{sv}as`, the body of PropertiesChanged.
    private static func properties(of message: OpaquePointer) -> [(name: String, value: String)] {
      var found: [(name: String, value: String)] = []
      guard text(in: message) != nil,
        sd_bus_message_enter_container(message, CChar(UInt8(ascii: "a")), "{sv}") > 0
      else { return [] }
      while sd_bus_message_enter_container(message, CChar(UInt8(ascii: "e")), "sv") > 0 {
        guard let name = text(in: message) else { break }
        var kind: CChar = 0
        var contents: UnsafePointer<CChar>?
        guard sd_bus_message_peek_type(message, &kind, &contents) > 0, let contents else { break }
        switch String(cString: contents) {
        case "s":
          guard sd_bus_message_enter_container(message, CChar(UInt8(ascii: "v")), "s") > 0 else {
            return found
          }
          if let value = text(in: message) { found.append((name, value)) }
          sd_bus_message_exit_container(message)
        case "u":
          guard sd_bus_message_enter_container(message, CChar(UInt8(ascii: "v")), "u") > 0 else {
            return found
          }
          var number: UInt32 = 0
          if sd_bus_message_read_basic(message, CChar(UInt8(ascii: "u")), &number) > 0 {
            found.append((name, String(number)))
          }
          sd_bus_message_exit_container(message)
        default: sd_bus_message_skip(message, "v")
        }
        sd_bus_message_exit_container(message)
      }
      return found
    }

    private static func text(in message: OpaquePointer) -> String? {
      var text: UnsafePointer<CChar>?
      guard sd_bus_message_read_basic(message, CChar(UInt8(ascii: "s")), &text) > 0, let text else {
        return nil
      }
      return String(cString: text)
    }
  }
#endif
