// The script's global, as its users' package @types/leaflet declares it.

export {};

declare global {
  var L: typeof import("leaflet");
}
