/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page's style sheet, and its hash for the page's policy. Colours by Okabe & Ito 2008 (jfly.uni-koeln.de/color), told apart by people with
 * colour vision deficiencies too. */
#include "core/os.h"
#include "report/tell.h"

#include <string.h>

static const char style[] =
    "\n:root{color-scheme:light dark;--paper:#fff;--ink:#1d2733;--soft:#5b6875;--line:#dfe4ea;--grid:#e9edf1;--wash:#f5f7f9;--main:#0a5c8a;"
    "--mark:#b34d00;--k0:#5b6875;--k1:#0072b2;--k2:#c25400;--k3:#007a5a;--k4:#a3447f}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14191f;--ink:#e4e9ee;--soft:#9aa7b4;--line:#323c47;--grid:#28313a;--wash:#1c232b;--main:#"
    "67b7e6;"
    "--mark:#ffa04d;--k0:#9aa7b4;--k1:#56b4e9;--k2:#ff9a4d;--k3:#3ec79a;--k4:#e08cc0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}\n"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em}\n"
    "h2{font-size:1.3rem;margin:2.75rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}\n"
    "h3{font-size:1.02rem;margin:1.75rem 0 .5rem}\n"
    "p,ul{margin:.5rem 0;max-width:46rem}ul{padding-left:1.2rem}li{margin:.3rem 0}\n"
    ".small{color:var(--soft);font-size:.9rem}\n"
    ".banner{border-left:4px solid var(--mark);background:var(--wash);padding:.6rem .9rem;font-weight:600}\n"
    "figure{margin:1.25rem 0}svg{display:block;width:100%;max-width:45rem;height:auto;font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu "
    "Sans',"
    "sans-serif}\n"
    "svg text{fill:var(--ink)}svg .tick{fill:var(--soft);text-anchor:middle;font-size:12px}svg .right{text-anchor:end}\n"
    "svg .grid{stroke:var(--grid)}svg .zero{stroke:var(--soft);stroke-dasharray:2 3}svg .leader{stroke:var(--line)}\n"
    "svg .whisker{stroke:var(--main);stroke-width:2.5;stroke-linecap:round}svg .dot{fill:var(--main)}svg .bar{fill:var(--main)}\n"
    "svg .truth{fill:none;stroke:var(--mark);stroke-width:2}\n"
    "svg .line{fill:none;stroke-width:2.25;stroke-linejoin:round}svg .k0{stroke:var(--k0)}svg .k1{stroke:var(--k1);stroke-dasharray:8 3}\n"
    "svg .k2{stroke:var(--k2);stroke-dasharray:2 3}svg .k3{stroke:var(--k3);stroke-dasharray:10 3 2 3}svg .k4{stroke:var(--k4);stroke-dasharray:5 "
    "5}\n"
    ".scroll{overflow-x:auto;margin:.75rem 0}table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;color:var(--soft);padding:.25rem 0}\n"
    ".unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);font-weight:400}\n"
    "thead th{color:var(--soft);font-size:.8rem;white-space:nowrap;vertical-align:bottom}td.n{text-align:right;white-space:nowrap}\n"
    "details{margin:.6rem 0}summary{cursor:pointer;color:var(--main)}summary:focus-visible,.scroll:focus-visible{outline:2px solid "
    "var(--main);outline-offset:2px}\n"
    "pre{overflow-x:auto;background:var(--wash);padding:.75rem;font-size:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#ddd;--wash:#f4f4f4}main{max-width:none;padding:0}figure,tr,li{"
    "break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}}\n";

const char *mlab_page_style(void)
{
    return style;
}

static unsigned nibble(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void mlab_page_style_hash(char into[64])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[65];
    unsigned char digest[33] = {0};
    mlab_sha256_hex(style, sizeof style - 1, hex);
    for (size_t i = 0; i < 32; i++) digest[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    memcpy(into, "sha256-", 7);
    char *out = into + 7;
    for (size_t i = 0; i < 33; i += 3) {
        const unsigned long three = (unsigned long)digest[i] << 16 | (unsigned long)digest[i + 1] << 8 | digest[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) *out++ = letters[three >> shift & 63];
    }
    out[-1] = '='; /* 32 bytes are 43 letters and one of padding */
    *out = '\0';
}
