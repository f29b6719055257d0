// The script adds to Leaflet's global.

import "leaflet.markercluster";
