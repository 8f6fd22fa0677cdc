// Drawings are gamegrid's own SVG, parsed as XML.
"use strict";
window.gamegridDrawn = (text) => {
  if (!text) return [];
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  return [document.importNode(parsed.documentElement, true)];
};
