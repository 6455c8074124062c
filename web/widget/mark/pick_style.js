/* How the picker looks, in the terms of ui/tokens.js. */

export const PICK = `
.rv-pick{position:fixed;inset:0;cursor:crosshair;touch-action:pan-x pan-y;pointer-events:auto;user-select:none;-webkit-user-select:none;z-index:2147483647}
.rv-pick .box{position:fixed;border:2px solid #4338ca;outline:1px solid #fff;background:#4338ca22;pointer-events:none}
.rv-pick .tag{position:fixed;max-width:min(90vw,480px);padding:3px 8px;border-radius:4px;background:#16181d;color:#fff;font:12px/1.4 ui-monospace,monospace;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;pointer-events:none}
.rv-pick .hint{position:fixed;inset-block-end:16px;inset-inline:0;margin-inline:auto;width:fit-content;max-width:calc(100vw - 16px);display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;padding:8px 8px 8px 16px;border:1px solid var(--rv-line-strong);border-radius:10px;background:var(--rv-surface);box-shadow:0 8px 24px #0003;cursor:default;outline-offset:2px}
.rv-pick .hint.high{inset-block:16px auto}
.rv-pick .hint p{margin:0;flex:1 1 14em}
.rv-pick button{height:40px;padding:0 16px;border:1px solid var(--rv-line-strong);border-radius:var(--rv-radius);background:none;color:inherit;font:inherit;cursor:pointer}
.rv-pick .use{background:var(--rv-accent);border-color:var(--rv-accent);color:var(--rv-on-accent,var(--rv-surface));font-weight:600}
.rv-pick .say{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(pointer:coarse){.rv-pick button{height:44px}}
@media(forced-colors:active){.rv-pick .tag{border:1px solid CanvasText}.rv-pick .box{border-color:Highlight;forced-color-adjust:none}}
`.replace(/\n/g, '');
