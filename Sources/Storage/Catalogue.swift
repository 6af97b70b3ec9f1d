import Inventory

/// Every command that may be asked for from outside, by socket, REST or import.
package enum Catalogue {
  package static let commands: [any LedgerCommand.Type] = [
    AdjustStock.self, AddStock.self, RemoveStock.self, MoveStock.self, CountStock.self,
    SetStock.self, BulkStock.self, SyncInventory.self, DecideProposal.self, RecommendPairing.self,
    CreateReservation.self, ReleaseReservation.self, FulfilReservation.self,
    CreateTransfer.self, ShipTransfer.self, ReceiveTransfer.self, CancelTransfer.self,
    CreateProduct.self, UpdateProduct.self, RemoveProduct.self,
    CreateLocation.self, UpdateLocation.self, RemoveLocation.self,
    CreateBranch.self, UpdateBranch.self,
    CreateCustomer.self, UpdateCustomer.self, RemoveCustomer.self,
    CreateOrder.self, UpdateOrder.self, SetOrderStatus.self, FulfilOrder.self, RemoveOrder.self,
    RecordPayment.self, SettlePayment.self, RefundPayment.self, CreateSale.self, VoidSale.self,
    OpenCount.self, ScanCount.self, UnscanCount.self, CompleteCount.self, CancelCount.self,
    ReportActivity.self, ReportShopifySync.self, ReportShopifyWebhook.self,
    ReportTerminalSync.self, DefineEvent.self, EmitEvent.self, RetireEvent.self,
    SendNotification.self, ReadNotification.self,
    CreateUser.self, UpdateUser.self, SetPassword.self, SetPIN.self, UpdateDevice.self,
    EndSession.self, SettleConflict.self, DismissChange.self, RetryChange.self,
    RetryRefused.self, EditRefused.self, DropRefused.self, SyncNow.self,
  ]

  private static let byName = Dictionary(
    uniqueKeysWithValues: commands.map { ($0.name, $0) })

  package static func command(named name: String) -> (any LedgerCommand.Type)? {
    byName[name]
  }
}
