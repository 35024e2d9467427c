// What the browser keeps of this person; nothing where it keeps nothing.
export function kept(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch {
    return value ?? null; // private windows: it holds until the page is closed
  }
  return value;
}
