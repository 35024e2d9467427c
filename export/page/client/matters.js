import { el } from './dom.js';

export function matters(app, root) {
  root.append(el('p', { text: 'This view is being built.' }));
}
