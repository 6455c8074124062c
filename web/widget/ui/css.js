/* The panel and its button. Logical properties throughout: right-to-left needs nothing more. */
export const CSS = `
.launcher,.panel{font:400 14px/1.45 var(--rv-font);color:var(--rv-text)}
.launcher{position:fixed;display:inline-flex;align-items:center;gap:8px;min-height:44px;padding:0 16px;border:1px solid var(--rv-accent);border-radius:999px;background:var(--rv-accent);color:var(--rv-on-accent);font-weight:600;box-shadow:var(--rv-shadow);cursor:pointer}
.launcher:focus-visible{outline:2px solid var(--rv-accent);outline-offset:2px;box-shadow:0 0 0 2px var(--rv-surface),var(--rv-shadow)}
.launcher,.panel{inset:auto;inset-block-end:max(16px,env(safe-area-inset-bottom));inset-inline-end:16px}
.at-left{inset-inline-end:auto;inset-inline-start:16px}
.at-top{inset-block-end:auto;inset-block-start:16px}
.panel{position:fixed;margin:0;padding:0;display:none;flex-direction:column;width:min(400px,calc(100vw - 32px));max-width:none;max-height:calc(100vh - 32px);max-height:calc(100dvh - 32px);border:1px solid var(--rv-line);border-radius:var(--rv-radius-panel);background:var(--rv-raised);box-shadow:var(--rv-shadow);overflow:hidden;text-align:start}
.panel[open]{display:flex}
.panel:focus{outline:none}
.panel::backdrop{background:transparent}
@media (prefers-reduced-motion:no-preference){.panel[open]{animation:rv-in var(--rv-motion) ease-out}}
@keyframes rv-in{from{opacity:0;transform:translateY(8px)}}
.panel.is-wide{inset:16px;width:auto;height:auto;max-height:none}
header{display:flex;align-items:center;gap:8px;padding:12px 8px 12px 16px;padding-inline:16px 8px;border-block-end:1px solid var(--rv-line)}
h2{flex:1;margin:0;font-size:16px;font-weight:600;line-height:1.3;overflow-wrap:anywhere}
h3{margin:0;font-size:13px;font-weight:600}
.body{flex:1;min-height:0;overflow:auto;padding:16px;display:flex;flex-direction:column;gap:16px;overscroll-behavior:contain}
.body>*{flex:none}
footer{display:flex;flex-wrap:wrap;gap:8px;align-items:center;justify-content:space-between;padding:12px 16px;border-block-start:1px solid var(--rv-line)}
button,.file{font:inherit;min-height:40px;padding:0 12px;border:1px solid var(--rv-edge);border-radius:var(--rv-radius);background:var(--rv-surface);color:var(--rv-text);cursor:pointer;display:inline-flex;align-items:center;justify-content:center;gap:6px}
@media (hover:hover){button:hover:not(:disabled),.file:hover{border-color:var(--rv-text)}}
@media (pointer:coarse){button,.file,.type,input,select{min-height:44px}}
button.main{background:var(--rv-accent);border-color:var(--rv-accent);color:var(--rv-on-accent);font-weight:600;padding-inline:20px}
button.plain{border-color:transparent;background:transparent}
button.link{border:0;min-height:24px;padding:0;background:none;color:var(--rv-accent);text-decoration:underline;text-underline-offset:2px}
button.icon{width:40px;padding:0;flex:none}
button:disabled{opacity:.6;cursor:default}
svg{flex:none;width:18px;height:18px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
fieldset{border:0;margin:0;padding:0;min-width:0}
legend,label.name,.name{display:block;padding:0;margin-block-end:4px;font-size:13px;font-weight:600}
.name small,legend small{font-weight:400;font-size:12px;color:var(--rv-muted)}
input:not([type=radio]):not([type=checkbox]):not([type=file]),textarea,select{display:block;width:100%;min-height:40px;margin:0;padding:8px 12px;font:inherit;font-size:max(14px,1em);color:var(--rv-text);background:var(--rv-surface);border:1px solid var(--rv-edge);border-radius:var(--rv-radius)}
@media (pointer:coarse){input:not([type=radio]):not([type=checkbox]):not([type=file]),textarea,select{font-size:16px}}
textarea{min-height:96px;resize:vertical}
::placeholder{color:var(--rv-faint);opacity:1}
[aria-invalid=true]{border-color:var(--rv-error)!important;border-width:2px!important}
.types{display:flex;flex-wrap:wrap;gap:8px}
.type{position:relative;flex:1;display:flex;align-items:center;justify-content:center;min-width:80px;min-height:40px;padding:0 8px;border:1px solid var(--rv-edge);border-radius:var(--rv-radius);background:var(--rv-surface);cursor:pointer}
.type input{position:absolute;inset:0;margin:0;opacity:0;cursor:pointer}
.type:has(:checked){border:2px solid var(--rv-accent);font-weight:600;color:var(--rv-accent)}
.type:has(:focus-visible),.file:has(:focus-visible){outline:2px solid var(--rv-accent);outline-offset:2px}
.check{display:flex;gap:8px;align-items:flex-start;min-height:24px}
.check input{flex:none;width:18px;height:18px;margin:1px 0 0;accent-color:var(--rv-accent)}
.hint,.faint{font-size:12px;color:var(--rv-muted);margin:4px 0 0}
.error{font-size:13px;color:var(--rv-error);margin:4px 0 0}
.error::before{content:"⚠ "}
.block{display:block}.whole{flex-basis:100%}
.row{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.grow{flex:1;min-width:0;overflow-wrap:anywhere}
.shot{display:flex;gap:12px;align-items:flex-start;flex-wrap:wrap}
.thumb{display:block;width:144px;max-width:100%;min-height:81px;border:1px solid var(--rv-line-strong);border-radius:var(--rv-radius);background:var(--rv-page);object-fit:contain;overflow:hidden}
canvas.thumb{height:auto}
.big{width:100%;height:auto}
.stack{display:flex;flex-direction:column;gap:8px}
.file{position:relative;overflow:hidden}
.file input{position:absolute;inset:0;opacity:0;cursor:pointer;font-size:0}
ul{list-style:none;margin:0;padding:0}
li{display:flex;gap:8px;align-items:center;border-block-start:1px solid var(--rv-line);padding-block:4px}
li:first-child{border:0}
.chosen{padding:8px 12px;border:1px solid var(--rv-line-strong);border-radius:var(--rv-radius);background:var(--rv-page)}
code,pre{font:12px/1.5 var(--rv-mono);overflow-wrap:anywhere}
pre{margin:8px 0 0;max-height:200px;overflow:auto;padding:8px;white-space:pre-wrap;background:var(--rv-page);border:1px solid var(--rv-line);border-radius:var(--rv-radius);direction:ltr;text-align:start}
details{border:1px solid var(--rv-line);border-radius:var(--rv-radius);padding:4px 12px}
summary{min-height:40px;display:flex;align-items:center;gap:8px;cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"";flex:none;width:7px;height:7px;border:solid currentColor;border-width:0 2px 2px 0;transform:rotate(-45deg);margin-inline-end:4px}
details[open]>summary::before{transform:rotate(45deg)}
summary b{flex:1}
.size{color:var(--rv-muted);font-size:12px;font-variant-numeric:tabular-nums}
video{max-width:100%}
.state{display:flex;flex-direction:column;gap:12px;align-items:center;text-align:center;padding:32px 24px}
.state svg{width:40px;height:40px}
.state p{margin:0;font-size:16px}
.ok{color:var(--rv-success)}.warn{color:var(--rv-warning)}.bad{color:var(--rv-error)}
progress{width:100%;height:6px;accent-color:var(--rv-accent)}
.over .body{outline:2px dashed var(--rv-accent);outline-offset:-6px}
.editor{flex:1;min-height:0;position:relative;display:flex}
.editor>*{flex:1;min-width:0;min-height:0}
.live{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:480px){.panel{inset-inline:0;inset-block:auto 0;width:100%;max-height:92vh;max-height:92dvh;border-radius:var(--rv-radius-panel) var(--rv-radius-panel) 0 0}.panel.is-wide{inset:0;max-height:none;border-radius:0}}
@media (max-height:480px){.panel:not(.is-wide){overflow:auto;max-height:100vh;max-height:100dvh;inset-block-end:0}.panel:not(.is-wide) .body{overflow:visible;flex:none}}
@media (forced-colors:active){.type:has(:checked){border-color:Highlight;forced-color-adjust:none;color:Highlight;background:Canvas}.launcher,.main{forced-color-adjust:none}}
`;
