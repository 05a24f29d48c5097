// An ES module with top-level await, which only `import` can load.

import process from "node:process";

const greeting = await Promise.resolve("hello");

export const handler = async (event) => ({ greeting, name: event.name, package: await load(event.package) });

async function load(name) {
  if (name === undefined) return null;
  const { default: fallback, ...named } = await import(name);
  return { fallback, named, path: process.env.NODE_PATH };
}
