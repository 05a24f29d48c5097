export const handler = async () => {{;
