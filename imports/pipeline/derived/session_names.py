"""Names for new sessions: two adjectives and a noun, which are easier to remember than a date."""

from __future__ import annotations

import random

ADJECTIVES = """
    Amber Ancient Autumn Balanced Blazing Bold Brave Breezy Bright Brisk Calm Candid Careful Cheerful Clear Clever
    Coastal Cosmic Crimson Crisp Curious Daring Dawning Deep Distant Dizzy Dreaming Eager Early Electric Endless
    Fabled Faithful Fearless Festive Fierce Floating Flowing Frosty Gentle Gleaming Glowing Golden Graceful Grand
    Happy Hidden Hollow Humble Icy Idle Jade Jolly Keen Kind Lasting Late Light Lively Lofty Lucky Lunar Magnetic
    Mellow Merry Midnight Mighty Misty Modest Neon Nimble Noble Northern Olive Orbital Patient Pearly Playful Polar
    Proud Quick Quiet Radiant Rapid Restless Rising Roaming Rosy Royal Rustic Sandy Scarlet Serene Shining Silent
    Silver Simple Sleepy Smooth Snowy Solar Solid Sparkling Spring Stable Starry Steady Stellar Stormy Sturdy Summer
    Sunny Sweet Swift Tender Thundering Tidal Tiny Tranquil Twilight Velvet Verdant Vivid Wandering Warm Western
    Whispering Wild Winter Witty Young Zealous
""".split()  # noqa: SIM905 - a block is read more easily than a hundred quoted words
NOUNS = """
    Anchor Arcade Arrow Aurora Badger Balcony Bamboo Beacon Bell Blossom Breeze Bridge Brook Canyon Carousel Cedar
    Circuit Cloud Comet Compass Coral Cricket Crystal Dolphin Dragonfly Echo Ember Engine Falcon Feather Fern
    Festival Firefly Fjord Forest Fountain Fox Galaxy Garden Glacier Harbour Hawk Heron Horizon Island Ivy Jungle
    Kite Lagoon Lantern Lark Lighthouse Lynx Maple Marble Meadow Melody Meteor Mirror Monsoon Moon Mountain Nebula
    Oasis Ocean Orbit Orchard Otter Owl Palace Panda Parade Peak Pearl Phoenix Pine Planet Prairie Prism Quartz
    Rabbit Rain Raven Reef Rhythm Ridge River Robin Rocket Sail Salmon Satellite Shadow Shore Signal Sky Sparrow
    Spiral Star Storm Stream Summit Sunrise Swallow Tempo Temple Thicket Thunder Tide Tiger Tower Train Tulip Tunnel
    Turtle Valley Violet Wave Willow Wind Wolf Zephyr
""".split()  # noqa: SIM905


def new_name() -> str:
    """Returns three words in title case; both adjectives may be the same."""
    return f"{random.choice(ADJECTIVES)} {random.choice(ADJECTIVES)} {random.choice(NOUNS)}"
