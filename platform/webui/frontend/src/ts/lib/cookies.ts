const SECURE = location.protocol === "https:" ? "; secure" : "";

/** Have the browser keep a choice for a year, for this host alone. The server names it alike (kernel.cookies). */
export function remember(name: string, value: string): void {
  document.cookie = `${SECURE && "__Host-"}${name}=${value}; path=/; max-age=31536000; samesite=lax${SECURE}`;
}
