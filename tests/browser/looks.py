"""What can be measured of a page's looks: width, names, sizes and contrast."""

from __future__ import annotations

from typing import Final

from playwright.async_api import Page

MIN_TARGET: Final = 43.5
"""44 px (STYLE.md 27), less what rounding takes."""
MIN_CONTRAST: Final = 4.5

_UNNAMED: Final = """() => [...document.querySelectorAll("a, button, input, select, summary, pre[tabindex]")]
  .filter((each) => each.type !== "hidden")
  .filter((each) => !(each.textContent.trim() || each.getAttribute("aria-label") || each.labels?.length))
  .map((each) => each.outerHTML)"""

_SMALL: Final = """([selector, least]) => [...document.querySelectorAll(selector)]
  .filter((each) => each.offsetParent !== null && each.type !== "hidden")
  .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""

_FAINT: Final = """(least) => {
  const parts = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const each of document.querySelectorAll("body *")) {
    const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || each.offsetParent === null || each.closest("[aria-hidden=true]")) continue;
    const [a, b] = [light(parts(getComputedStyle(each).color)), light(behind(each))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least) faint.push(`${ratio.toFixed(2)} ${each.outerHTML.slice(0, 80)}`);
  }
  return faint;
}"""


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window: nobody should have to scroll sideways."""
    wider: int = await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    return max(0, wider)


async def unnamed(page: Page) -> list[str]:
    """Controls that a screen reader could not name."""
    found: list[str] = await page.evaluate(_UNNAMED)
    return found


async def small_targets(page: Page, selector: str) -> list[str]:
    """Visible controls that a finger would miss."""
    found: list[str] = await page.evaluate(_SMALL, [selector, MIN_TARGET])
    return found


async def too_faint(page: Page) -> list[str]:
    """Words with less contrast than WCAG AA asks for."""
    found: list[str] = await page.evaluate(_FAINT, MIN_CONTRAST)
    return found
