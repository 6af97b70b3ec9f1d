// Questions to the hub over HTTP. An answer that does not come in time is no answer.

class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `HTTP ${status}`)
    this.status = status
    this.code = problem.code ?? 'unavailable'
    this.field = problem.field
  }
}

export async function request(path, { method = 'GET', body, key, timeout = 15000 } = {}) {
  const headers = {}
  if (body) headers['Content-Type'] = 'application/json'
  if (key) headers['Idempotency-Key'] = key
  const response = await fetch(path, {
    method, headers, body: body && JSON.stringify(body), credentials: 'same-origin',
    signal: AbortSignal.timeout?.(timeout),
  })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Refused(response.status, answer)
  return answer
}

/** All rows of a listing, page by page, until `enough` says so. */
export async function* pages(path, parameters = {}) {
  let after = null
  do {
    const query = new URLSearchParams({ limit: 1000, ...parameters, ...(after === null ? {} : { after }) })
    const page = await request(`${path}?${query}`)
    yield page.items
    after = page.next
  } while (after !== null)
}
