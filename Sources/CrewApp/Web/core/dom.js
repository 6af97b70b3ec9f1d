// Draws a screen from a description of it. `h` describes, `patch` makes the page equal to the
// description and touches nothing that is equal already, so that a field keeps its focus and a
// button its place under the finger while the hub's events come in.

const SVG = 'http://www.w3.org/2000/svg'
const asProperty = new Set(['value', 'checked', 'disabled', 'hidden', 'indeterminate', 'srcObject'])

export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, key: props?.key, children: children.flat(Infinity).filter(isShown) }
}

const isShown = (child) => child !== null && child !== undefined && child !== false && child !== ''

/** Makes the children of `parent` equal to `next`, which takes the place of what was drawn before. */
export function patch(parent, next, namespace = null) {
  const old = parent.drawn ?? []
  const byKey = new Map(old.map((node, index) => [identity(node, index), node]))
  const drawn = []
  next.flat(Infinity).filter(isShown).forEach((child, index) => {
    const node = typeof child === 'object' ? child : { text: String(child) }
    const before = byKey.get(identity(node, index))
    if (before) byKey.delete(identity(node, index))
    drawn.push(node)
    node.element = before ? update(before, node) : create(node, namespace)
  })
  for (const gone of byKey.values()) {
    gone.props?.gone?.(gone.element)
    gone.element.remove()
  }
  let place = parent.firstChild
  for (const node of drawn) {
    if (node.element === place) place = place.nextSibling
    else parent.insertBefore(node.element, place)
  }
  parent.drawn = drawn
}

const identity = (node, index) =>
  node.text !== undefined ? `#${index}` : `${node.tag} ${node.key ?? `#${index}`}`

function create(node, namespace) {
  if (node.text !== undefined) return document.createTextNode(node.text)
  const space = node.tag === 'svg' ? SVG : namespace
  const element = space
    ? document.createElementNS(space, node.tag) : document.createElement(node.tag)
  element.handlers = {}
  for (const name in node.props) if (name !== 'value') set(element, name, node.props[name])
  patch(element, node.children, space)
  // A select has its options by now.
  if ('value' in node.props) set(element, 'value', node.props.value)
  node.props.made?.(element)
  return element
}

function update(before, node) {
  const element = before.element
  if (node.text !== undefined) {
    if (before.text !== node.text) element.data = node.text
    return element
  }
  for (const name in before.props) if (!(name in node.props)) set(element, name, null)
  for (const name in node.props) {
    if (name === 'value') continue
    if (before.props[name] !== node.props[name]) set(element, name, node.props[name])
  }
  patch(element, node.children, element.namespaceURI === SVG ? SVG : null)
  if ('value' in node.props) set(element, 'value', node.props.value)
  return element
}

function set(element, name, value) {
  if (name === 'key' || name === 'made' || name === 'gone') return
  if (name.startsWith('on')) {
    const type = name.slice(2)
    if (!(type in element.handlers)) {
      element.addEventListener(type, (event) => element.handlers[type]?.(event))
    }
    element.handlers[type] = value
  } else if (asProperty.has(name)) {
    const wanted = value ?? (name === 'value' ? '' : false)
    if (element[name] !== wanted) element[name] = wanted
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name)
  } else {
    element.setAttribute(name, value === true ? '' : value)
  }
}
