// What of the script's global we use.

export {};

declare global {
  var topojson: {
    feature(topology: object, object: object): { features: import("../../countries.js").Country[] };
  };
}
