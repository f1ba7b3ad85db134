"""Where nobody has played a game yet there is nothing to rate anew. Moderators may look."""

from __future__ import annotations

from django.db import migrations

from imports.migrations._moderators import let_moderators_see

INSERT = """
    INSERT INTO imports_gamerules (game, year, time_applied)
    SELECT game, 2026, now()
    FROM unnest(
        '{iidx,museca,chunithm,bms,gitadora,jubeat,maimai,maimaidx,popn,sdvx,usc,wacca,pms,itg,arcaea,ongeki,ddr}'::text[]
    ) AS new (game)
    WHERE NOT EXISTS (SELECT FROM imports_gamestats AS stats WHERE stats.game = new.game)
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0016_game_rules")]

    operations = [
        migrations.RunSQL(INSERT, migrations.RunSQL.noop),
        let_moderators_see("gamerules"),
    ]
