/** The page's language, for all that its script shows. Pages import it before they do anything: texts are there then. */

import { speak } from "../text/messages.js";

await speak(document.documentElement.lang || "en", navigator.languages);
