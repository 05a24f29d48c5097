// Finds and loads the handler of a function: `folder/module.function`, CommonJS or ES module.

"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const { RuntimeError } = require("./errors.cjs");
const { hookImports, watchCommonJs } = require("./resolution.cjs");

const MODULE_AND_EXPORT = /^([^.]*)\.(.+)$/;
const EXTENSIONS = ["", ".js", ".mjs", ".cjs"];
const MISSING_MODULE = new Set(["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"]);

/** The function itself. Rejects with a RuntimeError (RA-25), or with what the module throws while it loads. */
async function loadHandler(root, handler) {
  const match = MODULE_AND_EXPORT.exec(path.basename(handler));
  if (match === null) {
    throw new RuntimeError("Runtime.MalformedHandlerName", `Bad handler ${handler}`);
  }
  const [, name, exported] = match;
  const loaded = await load(fileOf(path.resolve(root, path.dirname(handler), name)));
  const found = exported.split(".").reduce((value, key) => value?.[key], loaded);
  if (found === undefined) {
    throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  }
  if (typeof found !== "function") {
    throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is not a function`);
  }
  return found;
}

function fileOf(base) {
  const file = EXTENSIONS.map((extension) => base + extension).find(isFile);
  if (file === undefined) {
    throw new RuntimeError("Runtime.ImportModuleError", `Error: Cannot find module '${base}'`);
  }
  return file;
}

async function load(file) {
  try {
    if (isEsModule(file)) {
      hookImports();
      return await import(pathToFileURL(file).href);
    }
    // Its exports are read as they are, not as what a scan for their names has found.
    watchCommonJs();
    return createRequire(file)(file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError("Runtime.UserCodeSyntaxError", String(error), { cause: error });
    }
    if (MISSING_MODULE.has(error?.code)) {
      throw new RuntimeError("Runtime.ImportModuleError", String(error), { cause: error });
    }
    throw error;
  }
}

function isEsModule(file) {
  return path.extname(file) === ".mjs" || (path.extname(file) === ".js" && typeOfPackage(file) === "module");
}

function typeOfPackage(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (isFile(manifest)) return JSON.parse(fs.readFileSync(manifest, "utf8")).type;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function isFile(candidate) {
  return fs.statSync(candidate, { throwIfNoEntry: false })?.isFile() ?? false;
}

module.exports = { loadHandler };
