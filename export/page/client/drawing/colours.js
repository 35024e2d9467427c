// Colours for a number from 0 to 1 that people with any colour vision tell apart, in print too: from
// dark blue over grey to yellow, ever lighter (cividis: Nunez, Anderton and Renslow, PLOS ONE 13,
// 2018). The same in light and dark surroundings.

const CIVIDIS = [
  [0, 34, 78], [0, 49, 112], [42, 63, 109], [67, 78, 108], [87, 93, 109], [106, 108, 113], [125, 124, 120],
  [145, 139, 120], [165, 156, 116], [188, 174, 108], [210, 192, 96], [233, 211, 78], [254, 232, 56],
];

// Uint32 [256] of pixels (ABGR, as little-endian image data has them).
export const CIVIDIS_PIXELS = Uint32Array.from({ length: 256 }, (_, i) => {
  const [r, g, b] = cividisAt(i / 255);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
});

// [r, g, b] of a share 0 .. 1.
export function cividisAt(share) {
  const at = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1), i = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[i].map((c, n) => Math.round(c + (CIVIDIS[i + 1][n] - c) * (at - i)));
}

// 'rgb(..)' of a share, and whether dark words are readable on it.
export function cividisStyle(share) {
  return { fill: `rgb(${cividisAt(share).join(',')})`, dark: share > 0.55 };
}
