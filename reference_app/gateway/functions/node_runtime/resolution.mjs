// Preloaded with `--import`: registers the resolution hook before any code of the function is loaded.

import { register } from "node:module";

register("./resolution_hooks.mjs", import.meta.url);
