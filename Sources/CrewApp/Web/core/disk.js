// The device's own database: the queue of commands, the journal of confirmed ones, the working copy
// of the hub's state, and who the device is. A write is over when the browser says that it is on the disk.

let opening
export const disk = { isDurable: true }

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('quartermaster', 1)
    request.onupgradeneeded = () => {
      const database = request.result
      database.createObjectStore('queue', { keyPath: 'n', autoIncrement: true })
      database.createObjectStore('journal', { keyPath: 'id' }).createIndex('time', 'time')
      database.createObjectStore('copy')
      database.createObjectStore('self')
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  return opening
}

/** Runs `work` in one transaction; resolves to its result once the transaction is on the disk. */
export async function transaction(names, mode, work) {
  const database = await open()
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, { durability: 'strict' })
    let result
    transaction.oncomplete = () => resolve(result)
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'))
    const stores = names.map((name) => transaction.objectStore(name))
    Promise.resolve(work(...stores)).then((value) => { result = value }, (error) => {
      try { transaction.abort() } catch { /* over already */ }
      reject(error)
    })
  })
}

export const ask = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

/** Asks the browser not to clear this page's storage when space is short. */
export async function persist() {
  try {
    disk.isDurable = await navigator.storage?.persist?.() ?? false
  } catch {
    disk.isDurable = false
  }
}
