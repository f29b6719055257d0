/** Leaflet, its clusters and the decoder of the shapes come as plain scripts that name globals; this gives them to our modules. */

import "./vendor/leaflet-1.9.4/leaflet.js";
import "./vendor/leaflet.markercluster-1.5.3/leaflet.markercluster.js";
import "./vendor/topojson-client-3.1.0/topojson-client.min.js";

/** @type {typeof import("leaflet")} */ export const L = globalThis.L;
export const topojson = globalThis.topojson;
