// Elements without inline styles, and without markup made from text.

// An element: `class`, `text`, attributes, `on<event>` functions; children are nodes or texts.
export function el(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

// The same for SVG.
export function svg(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function dressed(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// The text of a node, written only where it differs: what is read aloud is not read again.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Replaces the children where `key` differs from that of before; buttons keep their focus.
export function fill(node, key, make) {
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  const held = node.contains(document.activeElement) ? document.activeElement.id : '';
  node.replaceChildren(...make());
  if (held) document.getElementById(held)?.focus();
}

export function button(text, act, more = {}) {
  return el('button', { type: 'button', text, onclick: act, ...more });
}
