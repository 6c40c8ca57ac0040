"""How fast does a replica serve a traffic mix, and how well do we know it?"""
