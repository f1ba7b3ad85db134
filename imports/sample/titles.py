"""The invented songs. IDs lie where no real catalogue has any, so that real seeds can be loaded over these."""

from __future__ import annotations

from typing import NamedTuple


class Title(NamedTuple):
    """`era` and `top` mean what the game's table says; `also` are alternative titles, `search` words to search with."""

    title: str
    artist: str
    era: str
    top: float
    also: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


# era: version and name of the fourth difficulty; top: its level.
SDVX = (
    Title("VERMILION CASCADE", "Kagehira × Noct", "exceed MXM", 19),
    Title(
        "終電後のプラネタリウム",
        "白瀬ユウ feat. 灯",
        "heaven HVN",
        18,
        ("Planetarium After the Last Train",),
        ("shuudengo",),
    ),
    Title("狐火サーキット", "まつりば工房", "vivid MXM", 18, ("Kitsunebi Circuit",), ("kitsunebi",)),
    Title("Sunset Overclock", "DJ Halfbeat", "exceed XCD", 18),
    Title("404号室のワルツ", "深夜図書館", "heaven HVN", 16, ("Waltz of Room 404",), ("yonmaruyon",)),
    Title("Parallax Heart", "Orrery Club", "inf INF", 18),
    Title("Phantom Arcology", "Veil Theory", "gw GRV", 17),
    Title("月面ラジオ放送局", "アンテナ部", "vivid VVD", 17, ("Lunar Radio Station",), ("getsumen radio",)),
    Title(
        "硝子の街、ネオンの雨", "ミナトマチ", "exceed MXM", 17, ("City of Glass, Rain of Neon",), ("garasu no machi",)
    ),
    Title(
        "あの日きみと見た観覧車のいちばん高いところで止まった時計の話",
        "宵待フィルム",
        "exceed MXM",
        18,
        (),
        ("kanransha",),
    ),
    Title("Bitter Lemon Syndicate", "DJ Halfbeat", "gw GRV", 18),
    Title("Tactile Snowfall", "Orrery Club", "vivid MXM", 17),
    Title("Ferrofluid Minuet", "Veil Theory", "booth MXM", 16),
    Title("雨樋のシンフォニー", "白瀬ユウ", "inf INF", 15, ("Rain Gutter Symphony",), ("amadoi",)),
    Title("Half-Life of a Firefly", "Kagehira", "heaven MXM", 18),
    Title("紙飛行機の管弦楽団", "アンテナ部", "exceed XCD", 16, (), ("kamihikouki",)),
    Title("OBSIDIAN//RESET", "Noct", "exceed MXM", 20),
    Title("夜行バスと金平糖", "深夜図書館", "vivid VVD", 16, ("Night Bus and Konpeito",), ("yakou basu",)),
    Title("Copper Aurora Line", "DJ Halfbeat", "heaven HVN", 17),
    Title("零番線のメトロノーム", "ミナトマチ", "gw GRV", 17, (), ("zerobansen",)),
    Title("Saltwater Engine", "Veil Theory", "inf INF", 17),
    Title("ひとさじの宇宙論", "宵待フィルム", "booth INF", 14, (), ("hitosaji",)),
    Title("Graviton Picnic", "Orrery Club", "exceed MXM", 18),
    Title("無重力さんぽ日和", "まつりば工房", "gw MXM", 15, (), ("mujuuryoku sanpo",)),
    Title("Nine Lives of Lamplight", "Kagehira × Noct", "vivid MXM", 19),
    Title("迷子のオルゴール屋", "白瀬ユウ feat. 灯", "heaven MXM", 17, ("The Lost Music Box Shop",), ("maigo",)),
    Title("Quartz Insurrection", "Noct", "exceed XCD", 19),
    Title("霧笛のためのカノン", "ミナトマチ", "inf INF", 16, (), ("muteki canon",)),
    Title("Moth & Magnesium", "Veil Theory", "vivid VVD", 18),
    Title("放課後ステルス大作戦会議", "まつりば工房", "exceed MXM", 17, (), ("houkago",)),
    Title("Cinder Protocol Zero", "Kagehira", "gw GRV", 18),
    Title("みずたまり観測所", "アンテナ部", "booth MXM", 13, (), ("mizutamari",)),
    Title("Velvet Turbine", "DJ Halfbeat", "heaven MXM", 18),
    Title("ソーダ水の海図", "宵待フィルム", "exceed MXM", 16, ("Charts of a Soda Sea",), ("soda",)),
    Title("Anemoia Driveway", "Orrery Club", "exceed MXM", 17),
    Title(
        "千年目の留守番電話",
        "深夜図書館",
        "exceed MXM",
        20,
        ("Answering Machine of the Thousandth Year",),
        ("rusuban",),
    ),
)

# era: version and genre; top: the internal level of MASTER.
CHUNITHM = (
    Title(
        "銀河鉄道の忘れ物センター",
        "かささぎ楽団",
        "new ORIGINAL",
        13.4,
        ("Lost Property of the Galactic Railway",),
        ("ginga",),
    ),
    Title("Peppermint Gyroscope", "Tidal Clock", "sun ORIGINAL", 12.7),
    Title("真夜中の購買部", "放課後バリケード", "verse VARIETY", 12.1, (), ("mayonaka koubaibu",)),
    Title("Cathedral of Rust", "Ashgrove", "paradiselost ORIGINAL", 14.6),
    Title(
        "八月三十二日の宿題", "夏木ソラ", "luminous POPS & ANIME", 11.8, ("Homework of August 32nd",), ("hachigatsu",)
    ),
    Title("Ballistic Origami", "Kite & Lever", "xverse ORIGINAL", 14.9),
    Title("水たまりに落ちた流れ星", "夏木ソラ", "sunplus POPS & ANIME", 10.9, (), ("nagareboshi",)),
    Title("Iron Lullaby", "Ashgrove", "newplus VARIETY", 13.9),
    Title("ポストの中の小さな台風", "かささぎ楽団", "luminousplus ORIGINAL", 12.4, (), ("taifuu",)),
    Title("Zero Visibility", "Tidal Clock", "verse ORIGINAL", 14.2),
    Title(
        "終わらない改札口",
        "放課後バリケード",
        "xverse ORIGINAL",
        13.6,
        ("The Ticket Gate That Never Ends",),
        ("kaisatsu",),
    ),
    Title("Marigold Static", "June Alder", "new VARIETY", 11.4),
    Title("百年ぶりの天気予報", "夏木ソラ", "sun POPS & ANIME", 10.2, (), ("tenki yohou",)),
    Title("Clockwork Estuary", "Tidal Clock", "paradiselost ORIGINAL", 13.1),
    Title("影絵芝居の夜に", "かささぎ楽団", "luminous ORIGINAL", 13.8, (), ("kagee",)),
    Title("Hexagonal Rain", "Kite & Lever", "verse ORIGINAL", 14.4),
    Title("おやすみ発電所", "June Alder", "newplus POPS & ANIME", 9.8, ("Good Night, Power Plant",), ("oyasumi",)),
    Title("Saffron Equation", "Kite & Lever", "sunplus ORIGINAL", 13.3),
    Title(
        "逆さ虹の渡し守", "Ashgrove", "xverse ORIGINAL", 15.1, ("Ferryman of the Upside-down Rainbow",), ("sakasaniji",)
    ),
    Title("Paper Lantern Riot", "放課後バリケード", "luminousplus VARIETY", 13.0),
    Title("五分だけの無人島", "夏木ソラ", "verse POPS & ANIME", 11.1, (), ("mujintou",)),
    Title("Oxide Butterfly", "Ashgrove", "sun ORIGINAL", 14.0),
    Title("ラムネ色の非常階段", "June Alder", "luminous VARIETY", 12.2, (), ("ramune",)),
    Title("Apogee Parade", "Tidal Clock", "new ORIGINAL", 12.9),
    Title(
        "図書室のくじら", "かささぎ楽団", "paradiselost POPS & ANIME", 10.5, ("The Whale in the Library",), ("kujira",)
    ),
    Title("Thousandfold Static Bloom", "Kite & Lever", "xverse ORIGINAL", 15.3),
    Title("月曜日の魔法使い見習い", "放課後バリケード", "newplus VARIETY", 11.6, (), ("getsuyoubi",)),
    Title("Undertow Cartography", "Tidal Clock", "luminousplus ORIGINAL", 13.7),
    Title("星くずクリーニング店", "夏木ソラ", "sunplus POPS & ANIME", 10.0, ("Stardust Cleaners",), ("hoshikuzu",)),
    Title("Basalt Choir", "Ashgrove", "verse ORIGINAL", 14.7),
    Title("傘をなくした音楽家たち", "June Alder", "luminous ORIGINAL", 12.6, (), ("kasa",)),
    Title("Kinetic Persimmon", "Kite & Lever", "sun VARIETY", 13.2),
    Title("屋上プラントの朝", "かささぎ楽団", "new POPS & ANIME", 9.4, (), ("okujou",)),
    Title("Seventh Sluice", "Tidal Clock", "paradiselost ORIGINAL", 13.5),
    Title("氷点下のタンバリン", "June Alder", "xverse VARIETY", 12.0, (), ("hyoutenka",)),
    Title("Last Ember Standing", "Ashgrove", "verse ORIGINAL", 15.0),
)

# era: version and genre; top: the level of ANOTHER (or LEGGENDARIA, where 12.5 is one).
IIDX = (
    Title("Aluminium Horizon", "Lathe", "29 HARD TECHNO", 12),
    Title("薄明のインターチェンジ", "東雲ハイウェイ", "31 DRUM'N BASS", 12, ("Interchange at Dawn",), ("hakumei",)),
    Title("Tungsten Sonnet", "Lathe feat. Ivy", "30 ARTCORE", 12.5),
    Title("回転寿司デッドヒート", "商店街ブラスター", "32 HAPPY HARDCORE", 11, (), ("kaitenzushi",)),
    Title("Littoral State", "Marram", "27 PROGRESSIVE TRANCE", 11),
    Title("鬼灯ジェネレーター", "東雲ハイウェイ", "28 JAPANESE CORE", 12.5, ("Hoozuki Generator",), ("hoozuki",)),
    Title("Sodium Vapour", "Night Depot", "26 DEEP HOUSE", 10),
    Title("第三埠頭の人魚", "Marram", "30 FUTURE BASS", 11, ("Mermaid of Pier Three",), ("daisan futou",)),
    Title("Servo Ballet", "Lathe", "31 GABBA", 12),
    Title("ねじまき商店街", "商店街ブラスター", "29 SKA PUNK", 10, (), ("nejimaki",)),
    Title("Coriolis Weather", "Isobar", "32 TECHSTEP", 12),
    Title(
        "花火師のアルゴリズム",
        "東雲ハイウェイ",
        "27 HYBRID ROCK",
        12,
        ("The Pyrotechnician's Algorithm",),
        ("hanabishi",),
    ),
    Title("Cold Storage Romance", "Night Depot", "28 SYNTHWAVE", 9),
    Title("Gantry", "Isobar", "30 HARDSTYLE", 11),
    Title("海底郵便局", "Marram", "26 AMBIENT BREAKS", 9, ("Post Office on the Sea Floor",), ("kaitei yuubinkyoku",)),
    Title("Kiln", "Lathe", "32 PSYTRANCE", 12.5),
    Title("踏切の向こうの惑星", "東雲ハイウェイ", "31 MELODIC HARDCORE", 12, (), ("fumikiri",)),
    Title("Isobaric Love Song", "Isobar feat. Ivy", "29 EUROBEAT", 11),
    Title("三丁目のサイボーグ", "商店街ブラスター", "30 NERDCORE", 12, ("Cyborg of the Third Block",), ("sanchoume",)),
    Title("Drydock", "Marram", "28 MINIMAL", 8),
    Title("Magnesium Bride", "Lathe feat. Ivy", "27 TRANCE CORE", 12),
    Title("屋根裏の気象台", "Isobar", "26 ELECTRONICA", 10, (), ("yaneura",)),
    Title("Turnstile Hero", "Night Depot", "32 BIG BEAT", 11),
    Title("深海エレベーターガール", "商店街ブラスター", "31 DENPA", 11, (), ("shinkai",)),
    Title("Petrichor Engine", "Isobar", "30 LIQUID FUNK", 11),
    Title(
        "錆色のメリーゴーラウンド", "東雲ハイウェイ", "29 GOTHIC METAL", 12.5, ("Rust-coloured Carousel",), ("sabiiro",)
    ),
    Title("Breakwater", "Marram", "27 HOUSE", 7),
    Title("Anvil Chorus Line", "Lathe", "28 HARD DANCE", 12),
    Title("夕立の時刻表", "東雲ハイウェイ", "32 J-POP", 9, ("Timetable of a Summer Shower",), ("yuudachi",)),
    Title("Night Depot Theme", "Night Depot", "26 BREAKBEATS", 8),
    Title("Occluded Front", "Isobar", "31 NEUROFUNK", 12),
    Title("おみくじパニック", "商店街ブラスター", "28 SPEED RAVE", 12, (), ("omikuji",)),
    Title("Sandbar Telegraph", "Marram", "29 CHILL TRAP", 10),
    Title("鉄塔と彗星", "東雲ハイウェイ", "30 SYMPHONIC CORE", 12, ("The Pylon and the Comet",), ("tettou",)),
    Title("Crucible Etiquette", "Lathe", "27 INDUSTRIAL", 11),
    Title("Last Bus to Nowhere Bay", "Night Depot feat. Ivy", "31 R&B", 8),
)
