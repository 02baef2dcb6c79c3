/** Serves requests while the services are still being opened: the page is answered at once, since it needs none of them; other requests wait. */
import { Hono } from "hono";
import { type PageEnvironment, page } from "../../functions/page/page.ts";
import type { Assets } from "../../functions/services.ts";
import type { Handler } from "./listening.ts";

export interface EarlyServer {
  readonly handler: Handler;
  /** Passes the waiting requests, and all later ones, to this handler. */
  handOver(handler: Handler): void;
}

export function serveEarly({ servesPage, assets }: { readonly servesPage: boolean; readonly assets: Assets }): EarlyServer {
  let opened: Handler | undefined;
  const waiting: (() => void)[] = [];
  const early = new Hono<PageEnvironment>();
  early.use(async (c, next) => {
    c.set("services", { assets });
    await next();
  });
  early.route("/", page);

  return {
    async handler(request, environment) {
      if (!opened && servesPage && isOfPage(request)) return early.fetch(request);
      if (!opened) await new Promise<void>((resolve) => waiting.push(resolve));
      return opened!(request, environment);
    },
    handOver(handler) {
      opened = handler;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

function isOfPage({ method, url }: Request): boolean {
  const { pathname } = new URL(url);
  return method === "GET" && (pathname === "/" || pathname.startsWith("/assets/"));
}
