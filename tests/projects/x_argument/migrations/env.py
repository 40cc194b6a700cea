"""Each tenant has a database; `alembic -x tenant=NAME` names it, and must."""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_x_argument.models import Base
from zoo_x_argument.settings import ROOT

tenant = context.get_x_argument(as_dictionary=True)["tenant"]
engine = create_engine(
    f"sqlite:///{ROOT / tenant}.db", poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
