/* How the editor looks, in the terms of ui/tokens.js. */

export const MARK = `
.rv-mark{display:flex;flex-direction:column;width:100%;height:100%;min-height:0;overflow:hidden auto;background:var(--rv-surface);position:relative}
.rv-mark .bar{display:flex;flex-wrap:wrap;gap:4px 12px;justify-content:center;padding:8px;border-bottom:1px solid var(--rv-line);position:relative;z-index:2}
.rv-mark .group{display:flex;flex-wrap:wrap;gap:2px}
.rv-mark .bar button{position:relative;min-width:40px;height:40px;padding:0;border:1px solid transparent;border-radius:var(--rv-radius);background:none;color:inherit;font:inherit;cursor:pointer;display:grid;place-items:center;touch-action:manipulation}
.rv-mark .bar button:hover{background:var(--rv-line)}
.rv-mark .bar [aria-pressed=true]{border-color:var(--rv-accent);box-shadow:inset 0 0 0 1px var(--rv-accent);color:var(--rv-accent)}
.rv-mark .bar [aria-disabled=true]{opacity:.4;cursor:default;background:none}
.rv-mark .stage:focus-visible{outline-offset:-2px}
.rv-mark svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round;pointer-events:none}
.rv-mark .percent{min-width:52px;font-variant-numeric:tabular-nums;font-size:13px;text-align:center;pointer-events:none}
.rv-mark .swatch{width:20px;height:20px;border-radius:50%;border:1px solid var(--rv-muted);pointer-events:none;forced-color-adjust:none}
.rv-mark [aria-pressed=true] .swatch{box-shadow:0 0 0 2px var(--rv-surface),0 0 0 4px var(--rv-text)}
.rv-mark .bar button::after{content:attr(data-tip);position:absolute;top:calc(100% + 6px);inset-inline-start:50%;translate:-50% 0;padding:4px 8px;border-radius:4px;background:var(--rv-text);color:var(--rv-surface);font-size:12px;white-space:nowrap;pointer-events:none;visibility:hidden;z-index:3}
.rv-mark[dir=rtl] .bar button::after{translate:50% 0}
.rv-mark .group:first-child button:first-child::after{inset-inline-start:0;translate:0 0}
.rv-mark .group:last-child button:last-child::after{inset-inline:auto 0;translate:0 0}
.rv-mark .bar button:focus-visible::after{visibility:visible}
@media(hover:hover){.rv-mark .bar button:hover::after{visibility:visible}}
.rv-mark .stage{flex:1 0 0;min-height:min(220px,70vh);overflow:auto;display:flex;padding:12px;background:var(--rv-line);touch-action:none;cursor:crosshair;user-select:none;-webkit-user-select:none;overscroll-behavior:contain}
.rv-mark .world{position:relative;flex:none;margin:auto;overflow:hidden;--x:0px;--y:0px}
.rv-mark .world>canvas{position:absolute;left:var(--x);top:var(--y);width:var(--w);height:var(--h);pointer-events:none}
.rv-mark .over{position:absolute;left:var(--x);top:var(--y);width:0;height:0}
.rv-mark .mark{position:absolute;padding:0;border:0;background:none;pointer-events:none;min-width:4px;min-height:4px}
.rv-mark .frame{position:absolute;border:1px dashed var(--rv-accent);outline:1px solid #fff;pointer-events:none;min-width:1px;min-height:1px}
.rv-mark .frame.arrow{border:0;outline:0}
.rv-mark .grip{position:absolute;width:32px;height:32px;margin:-16px;pointer-events:auto;display:grid;place-items:center;touch-action:none}
.rv-mark .grip::after{content:'';width:12px;height:12px;border-radius:50%;background:#fff;border:2px solid #4338ca}
.rv-mark .nw,.rv-mark .sw{left:0}.rv-mark .ne,.rv-mark .se{left:100%}.rv-mark .nw,.rv-mark .ne{top:0}.rv-mark .sw,.rv-mark .se{top:100%}
.rv-mark .nw,.rv-mark .se{cursor:nwse-resize}.rv-mark .ne,.rv-mark .sw{cursor:nesw-resize}
.rv-mark .flipx .nw,.rv-mark .flipx .sw{left:100%}.rv-mark .flipx .ne,.rv-mark .flipx .se{left:0}
.rv-mark .flipy .nw,.rv-mark .flipy .ne{top:100%}.rv-mark .flipy .sw,.rv-mark .flipy .se{top:0}
.rv-mark .arrow .ne,.rv-mark .arrow .sw{display:none}
.rv-mark .shade{position:absolute;box-shadow:0 0 0 99999px #000a;pointer-events:none}
.rv-mark .write:focus-visible{outline:0}
.rv-mark .write{position:absolute;min-width:80px;width:16em;padding:0 4px;border:2px solid var(--rv-accent);border-radius:4px;background:#fff;color:#16181d;font:600 20px/1.25 system-ui,sans-serif;resize:none;overflow:hidden;user-select:text;-webkit-user-select:text;cursor:text}
.rv-mark .say{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(pointer:coarse){.rv-mark .bar button{min-width:44px;height:44px}.rv-mark .grip{width:44px;height:44px;margin:-22px}.rv-mark .group{gap:0}}
@media(max-width:420px){.rv-mark .bar{padding:4px;gap:2px 6px}.rv-mark .group{gap:0}.rv-mark .percent{min-width:44px}}
@media(max-width:340px){.rv-mark .bar button{min-width:36px}}
@media(forced-colors:active){.rv-mark .bar [aria-pressed=true]{background:Highlight;color:HighlightText;forced-color-adjust:none}.rv-mark .bar [aria-disabled=true]{color:GrayText;opacity:1}.rv-mark .bar button::after{border:1px solid CanvasText}.rv-mark .shade{forced-color-adjust:none}}
`.replace(/\n/g, '');
