using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace TorchPort;

/// <summary>What the port and the diff have in common: how they take options, refuse a command line, and end.</summary>
internal static class CommandLine
{
    /// <summary>Runs a program, and gives its exit code: 2 where the command line is wrong.</summary>
    /// <param name="command">Its command line, and what it does.</param>
    /// <param name="args">The words of the command line.</param>
    /// <param name="failed">The exit code where it cannot do it.</param>
    /// <param name="readerLeft">The exit code where nobody reads its stdout any more.</param>
    internal static int Run(Command command, string[] args, int failed, int readerLeft)
    {
        var parsed = Parse(command, args);
        if (parsed.Action is ParseErrorAction refusal)
        {
            var option = args.SkipWhile(word => word != "--").FirstOrDefault(word => word is ['-', '-', _, ..]);
            Stderr.Say(option is null
                ? $"{command.Name}: {WhatIsWrong(parsed, refusal)}\nSee {command.Name} --help."
                : $"{command.Name}: '{option}' stands after '--', where it is no option. Leave out the '--'.");
            return 2;
        }

        try
        {
            using var stdout = Stdout.Open();
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = stdout });
        }
        catch (IOException e) when (Stdout.IsClosed(e))
        {
            return readerLeft;
        }
        catch (Exception e) when (e is TroubleException or IOException or UnauthorizedAccessException)
        {
            var stdout = e is TroubleException ? "" : "cannot write to standard output: ";
            Stderr.Say($"{command.Name}: {stdout}{(e is UnauthorizedAccessException ? "it is closed." : e.Message)}");
            return failed;
        }
    }

    /// <summary>The option <c>--device</c>.</summary>
    internal static Option<string> Device(string description) => new("--device")
    {
        Description = description,
        HelpName = "D",
        DefaultValueFactory = _ => "auto",
        CustomParser = given => DeviceChoice.IsDevice(Text(given))
            ? Text(given)
            : Reject<string>(given, "auto, cpu, cuda or cuda:N"),
    };

    /// <summary>The option <c>--lr</c>: finite and not negative.</summary>
    internal static Option<double?> LearningRate(string description) => new("--lr")
    {
        Description = description,
        HelpName = "X",
        CustomParser = given =>
            double.TryParse(Text(given), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value >= 0 && double.IsFinite(value)
                ? value
                : Reject<double?>(given, "a finite number that is not negative"),
    };

    /// <summary>An option without a value.</summary>
    internal static Option<bool> Flag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>The word that an option was given.</summary>
    internal static string Text(ArgumentResult given) => given.Tokens[0].Value;

    /// <summary>Refuses the word that an option was given, and says what the option takes.</summary>
    internal static T? Reject<T>(ArgumentResult given, string takes)
    {
        given.AddError($"{((OptionResult)given.Parent!).Option.Name} takes {takes}, not '{Text(given)}'.");
        return default;
    }

    /// <summary>Parses a command line. An unknown option is an error, and never taken for an argument.</summary>
    internal static ParseResult Parse(Command command, string[] args)
    {
        var literally = new ParserConfiguration { ResponseFileTokenReplacer = null };
        var parsed = command.Parse(args, literally);
        var unknown = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).FirstOrDefault(IsUnknownOption);
        if (unknown is null)
        {
            return parsed;
        }

        // Alone it cannot be anything but an error.
        command.Arguments.Clear();
        return command.Parse(["--", unknown.Value.Split('=', ':')[0]], literally);
    }

    // System.CommandLine would pass over a [directive].
    private static bool IsUnknownOption(Token token) =>
        token.Type == TokenType.Directive
        || (token.Type == TokenType.Argument && token.Value is ['-', not ((>= '0' and <= '9') or '.'), ..]);

    // A misspelt option gets the near ones suggested.
    private static string WhatIsWrong(ParseResult parsed, ParseErrorAction refusal)
    {
        refusal.ShowHelp = false;
        refusal.ShowTypoCorrections = parsed.UnmatchedTokens is [['-', ..], ..];

        // System.CommandLine prints the suggestions before the errors.
        using var said = new StringWriter { NewLine = "\n" };
        _ = parsed.Invoke(new InvocationConfiguration { Output = said, Error = said });
        var parts = said.ToString().Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts[0].Replace('\n', ' ');
    }
}
