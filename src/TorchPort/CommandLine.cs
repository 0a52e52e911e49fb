using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace TorchPort;

/// <summary>What the port and the diff have in common: how they take options, refuse a command line, and end.</summary>
internal static class CommandLine
{
    /// <returns>The exit code: 2 for a wrong command line, else as given for trouble and for a reader that left.</returns>
    internal static int Run(Command command, string[] args, int failureExitCode, int brokenPipeExitCode)
    {
        var parsed = Parse(command, args);
        if (parsed.Action is ParseErrorAction refusal)
        {
            var option = args.SkipWhile(word => word != "--").FirstOrDefault(word => word is ['-', '-', _, ..]);
            StandardStreams.WriteError(option is null
                ? $"{command.Name}: {WhatIsWrong(parsed, refusal)}\nSee {command.Name} --help."
                : $"{command.Name}: '{option}' stands after '--', where it is no option. Leave out the '--'.");
            return 2;
        }

        try
        {
            using var stdout = StandardStreams.OpenStdout();
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = stdout });
        }
        catch (OperationCanceledException)
        {
            return brokenPipeExitCode;
        }
        catch (Exception e) when (e is CommandFailedException or IOException or UnauthorizedAccessException)
        {
            StandardStreams.WriteError($"{command.Name}: {e.Message}");
            return failureExitCode;
        }
    }

    internal static Option<string> CreateDeviceOption(string description) => new("--device")
    {
        Description = description,
        HelpName = "D",
        DefaultValueFactory = _ => "auto",
        CustomParser = given => DeviceSelector.IsValidName(Text(given)) ? Text(given) : Reject<string>(given, DeviceSelector.Syntax),
    };

    internal static Option<double?> CreateLearningRateOption(string description) =>
        CreateNumberOption("--lr", "X", description, "a finite number that is not negative", 0, double.MaxValue);

    internal static Option<T?> CreateNumberOption<T>(string name, string shape, string description, string expected, T least, T most)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = shape,
            CustomParser = given =>
                T.TryParse(Text(given), Style<T>(), CultureInfo.InvariantCulture, out var value)
                && value >= least && value <= most ? value : Reject<T?>(given, expected),
        };

    internal static Option<bool> CreateFlag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    // An integer has digits alone: 1e1 is none.
    private static NumberStyles Style<T>() => typeof(T) == typeof(int) ? NumberStyles.None : NumberStyles.Float;

    private static string Text(ArgumentResult given) => given.Tokens[0].Value;

    private static T? Reject<T>(ArgumentResult given, string expected)
    {
        given.AddError($"{((OptionResult)given.Parent!).Option.Name} takes {expected}, not '{Text(given)}'.");
        return default;
    }

    /// <summary>Parses a command line. An unknown option is an error, and never taken for an argument.</summary>
    internal static ParseResult Parse(Command command, string[] args)
    {
        // System.CommandLine would take an unknown option for an argument, and pass over a [directive].
        var options = args.TakeWhile(word => word != "--").Where(LooksLikeOption).Select(word => word.Split('=', ':')[0]);
        var known = command.Options.SelectMany(option => option.Aliases.Append(option.Name));
        if (options.Except(known).FirstOrDefault() is { } unknown)
        {
            // Parsed alone, where no argument can take it, it is what the error is about.
            command.Arguments.Clear();
            args = ["--", unknown];
        }

        return command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    private static bool LooksLikeOption(string word) => word is ['-', not ((>= '0' and <= '9') or '.'), ..] or ['[', .., ']'];

    // System.CommandLine has a suggestion for any short word. Only a misspelt option gets it here, in place of the error.
    private static string WhatIsWrong(ParseResult parsed, ParseErrorAction refusal)
    {
        using var suggestions = new StringWriter { NewLine = " " };
        refusal.ShowHelp = false;
        refusal.ShowTypoCorrections = parsed.UnmatchedTokens is [['-', ..], ..];
        _ = parsed.Invoke(new InvocationConfiguration { Output = suggestions, Error = TextWriter.Null });
        return suggestions.ToString().Trim() is { Length: > 0 } said ? said : string.Join(' ', parsed.Errors);
    }
}
