import "a-package-that-is-nowhere";

export const handler = async () => null;
