// Module resolution hook: what an `import` cannot find beside the code is looked for on NODE_PATH.
//
// Node honours NODE_PATH for `require` only; Lambda's Node runtime does for `import` as well, and keeps the
// AWS SDK and the layers' packages there. Packages that the function brings along win.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const onNodePath = createRequire(import.meta.url);
const NOT_FOUND = "ERR_MODULE_NOT_FOUND";

export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (missing) {
    const file = missing.code === NOT_FOUND && isPackage(specifier) ? find(specifier) : null;
    if (file === null) throw missing;
    return nextResolve(pathToFileURL(file).href, context);
  }
}

function isPackage(specifier) {
  return !/^(\.|\/|[a-z][a-z0-9+.-]*:)/i.test(specifier);
}

/** The CommonJS build of a package: one file where the other build has hundreds. */
function find(specifier) {
  try {
    return onNodePath.resolve(specifier);
  } catch {
    return null;
  }
}
