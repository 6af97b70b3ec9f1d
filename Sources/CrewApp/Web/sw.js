// Keeps the app on the device, so that it opens where no hub is in reach. One version at a time, and
// whole: a page never mixes files of two. What the hub knows is not kept here but in the app's own
// database, and requests to /api are not touched.

const version = '{{version}}'
const files = {{files}}
const cacheName = `quartermaster-${version}`

addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) =>
    cache.addAll(files.map((path) => new Request(path, path === '/' ? { cache: 'reload' } : {})))))
})

addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('quartermaster-') && name !== cacheName) await caches.delete(name)
    }
    await clients.claim()
  })())
})

addEventListener('message', (event) => {
  if (event.data === 'take over') skipWaiting()
})

addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== location.origin) return
  if (event.request.mode === 'navigate' && url.pathname === '/') {
    event.respondWith(kept('/'))
  } else if (url.pathname.startsWith('/app/')) {
    event.respondWith(kept(url.pathname))
  }
})

const kept = async (path) => (await caches.match(path)) ?? fetch(path)
