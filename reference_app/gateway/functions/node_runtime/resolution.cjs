// What an `import` cannot find beside the code is looked for on NODE_PATH, as in Lambda's Node runtime.
//
// Node runs the hook that does so in a thread of its own, which would be a quarter of a cold start. So it is
// there only once code is loaded that may import a package.

"use strict";

const { Module, register } = require("node:module");
const { pathToFileURL } = require("node:url");

const PACKAGE_IMPORT = /\bimport\s*\((?!\s*["'](?:node:|\.|\/))/;

const compile = Module.prototype._compile;
let isHooked = false;

/** Have imports resolved like that from now on. */
function hookImports() {
  if (isHooked) return;
  isHooked = true;
  Module.prototype._compile = compile;
  register("./resolution_hooks.mjs", pathToFileURL(__filename));
}

/** Do so as soon as a CommonJS module is loaded that has such an `import()`. */
function watchCommonJs() {
  Module.prototype._compile = function compileWatched(content, ...rest) {
    if (PACKAGE_IMPORT.test(content)) hookImports();
    return compile.call(this, content, ...rest);
  };
}

module.exports = { hookImports, watchCommonJs };
