<%def name="steps(code)">${"\n".join(line for line in code.splitlines() if "###" not in line).strip()}</%def>\
"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports or ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${steps(upgrades)}
